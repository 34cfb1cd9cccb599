"""Names that stand for a patient or a picture outside: the same at every export of a site, read back by nobody."""

from __future__ import annotations

from cases.events import keyed_hash
from cases.models import Case, Radiograph

PREFIX = "keyed-"
"""training/data.py knows patients by it whose names can't be tried: their hashes may go into a published bundle."""


def patient_name(case: Case) -> str:
    """HMAC of the department's patient number under EVENT_KEY; a case without a patient is a patient of its own."""
    who = f"patient {case.patient.patient_id}" if case.patient else f"case {case.pk}"
    return PREFIX + keyed_hash(f"dataset {who}")


def picture_name(radiograph: Radiograph) -> str:
    """Where a picture lies in the data set; another name for other pixels, nothing about order or time."""
    digest = keyed_hash(f"dataset picture {radiograph.pk} {radiograph.pixel_sha256}")
    return f"images/{digest[:2]}/{digest}.png"


def site_name() -> str:
    """What tells two sites' data sets apart; it changes with EVENT_KEY, as all the others do."""
    return keyed_hash("dataset site")
