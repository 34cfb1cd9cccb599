"""Which patient a name means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.data import LabelledImage

REUSED = re.compile(r"person\d+")
"""Patient names of the Kermany set, counted anew for bacterial and for viral images: one name, two children. There the
family belongs to the name. No (name, family) stands in both its training and its test part, nor does any picture."""


def identity(image: LabelledImage) -> str:
    """Who the patient is: the name, with the family where names are known to be used twice."""
    family = image.facts.get("family", "")
    return f"{image.patient}/{family}" if family and REUSED.fullmatch(image.patient) else image.patient


KEYED = re.compile(r"keyed-[0-9a-f]{16}")
"""Patients of a set that `manage.py export_dataset` wrote: an HMAC with the site's key. Nobody can try names against
such a word, nor against a hash of it, so these hashes may leave with a bundle."""


def all_keyed(images: Sequence[LabelledImage]) -> bool:
    """Whether no image names a patient in any other way."""
    return all(KEYED.fullmatch(image.patient) for image in images)
