"""Signed cases as a data set that the workshop reads: chosen, made nameless, split by patient, written, told."""

from __future__ import annotations

import hashlib
import logging
import secrets
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cases import events, rules
from cases.dataset.asked import LABELS, LEFT_OUT, SPLITS, Asked
from cases.dataset.choosing import Picture, chosen_pictures
from cases.dataset.facts import COLUMNS
from cases.dataset.folder import LISTING, DataSetFolder, FolderRefused
from cases.dataset.pixels import bare_png
from cases.dataset.pseudonyms import site_name
from cases.dataset.sides import sides_of
from cases.models import User
from inference.errors import RadiographError

log = logging.getLogger(__name__)
Track = Callable[[Sequence[Picture]], Iterable[Picture]]
TEST_SHARE = 0.2
BURNED_IN = (
    "Pixels are as they were: text that is burned into a picture is not found and not removed. Only pictures whose "
    "header admits to it are left out. Look at the pictures before they leave the hospital."
)


@dataclass(frozen=True)
class Split:
    """How patients are divided, for good: `seed`, the `share` of the test side, and patient -> side."""

    seed: int
    share: float
    sides: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """As dataset.json holds it."""
        return {"by": "patient", "seed": self.seed, "test_share": self.share, "patients": dict(self.sides)}


def plan_export(
    *, root: Path, asked: Asked, seed: int | None = None, share: float | None = None
) -> tuple[DataSetFolder, list[Picture], Counter[str], Split]:
    """What an export would write; nothing is written, no picture is opened.

    Raises:
        FolderRefused: the folder holds other things, another site's data set, or one with another split.
    """
    folder = DataSetFolder(root)
    pictures, left_out = chosen_pictures(asked)
    return folder, pictures, left_out, _split(folder, pictures, seed, share)


def export_dataset(
    *, root: Path, asked: Asked, by: User, seed: int | None = None, share: float | None = None, track: Track = iter
) -> dict[str, Any]:
    """Write the data set, or bring an earlier one up to date; the summary, as JSON can hold it.

    Events tell the site's record before the first picture is written, and when all are. An interruption leaves an
    earlier list as it was, and pictures that the next export uses.

    Raises:
        RuleBroken: `not_your_role`: only an administrator takes pictures out.
        FolderRefused: see `plan_export`. OSError: the folder can't be written.
    """
    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role", move="export")
    folder, pictures, left_out, split = plan_export(root=root, asked=asked, seed=seed, share=share)
    folder.begin()
    _tell("dataset_export_begun", by, root, asked, cases=sorted({one.case_id for one in pictures}))
    unchecked = asked.wants("burned_in") or folder.about.get("unchecked", False)
    about = _about(asked, split)
    folder.write_about(about | {"complete": False, "unchecked": unchecked})  # sides first: no later export turns them
    checksums = _write_pictures(folder, track(pictures), asked, left_out)
    rows = [one for one in pictures if one.path in checksums]
    summary = summed_up(rows, left_out, split) | {"fingerprints": _fingerprints(rows, checksums, split)}
    _tell("dataset_exported", by, root, asked, pictures=len(rows), fingerprints=summary["fingerprints"])
    folder.write_checksums(checksums)
    folder.write_listing(["path", "label", "patient", "split", *COLUMNS], (_row(one, split) for one in rows))
    folder.write_about(about | summary | {"complete": True, "unchecked": asked.wants("burned_in")})
    return summary | {"removed": folder.sweep(checksums), "folder": str(root)}


def summed_up(pictures: Sequence[Picture], left_out: Counter[str], split: Split) -> dict[str, Any]:
    """Counts of pictures and patients by class and side, and of what is left out."""
    by_side = Counter((split.sides[one.patient], one.label) for one in pictures)
    patients = {side: {p.patient for p in pictures if split.sides[p.patient] == side} for side in SPLITS}
    labels = [label for label in LABELS.values() if any(one.label == label for one in pictures)]
    return {
        "pictures": {side: {label: by_side[side, label] for label in labels} for side in SPLITS},
        "patients": {side: len(patients[side]) for side in SPLITS},
        "left_out": {why: left_out[why] for why in LEFT_OUT if left_out[why]},
        "burned_in_text": BURNED_IN,
    }


def _split(folder: DataSetFolder, pictures: Sequence[Picture], seed: int | None, share: float | None) -> Split:
    before = _earlier_split(folder, seed, share)
    on_disk = folder.earlier_sides()
    known = dict(before.sides)
    for one in pictures:  # a picture whose patient became known since stays where it was
        if one.path in on_disk:
            known.setdefault(one.patient, on_disk[one.path])
    return Split(before.seed, before.share, sides_of(_label_of_patients(pictures), known, before.seed, before.share))


def _earlier_split(folder: DataSetFolder, seed: int | None, share: float | None) -> Split:
    if not folder.about:
        return Split(secrets.randbelow(2**31) if seed is None else seed, TEST_SHARE if share is None else share, {})
    if folder.about["site"] != site_name():
        raise FolderRefused(f"{folder.root} is of another site, or EVENT_KEY was changed: patients have other names.")
    kept = folder.about["split"]
    if seed not in (None, kept["seed"]) or share not in (None, kept["test_share"]):
        raise FolderRefused(
            f"{folder.root} was divided with seed {kept['seed']} and a test share of {kept['test_share']}, for good. "
            "Leave these options out, or name another folder."
        )
    return Split(kept["seed"], kept["test_share"], kept["patients"])


def _label_of_patients(pictures: Sequence[Picture]) -> dict[str, str]:
    """The class that a patient counts for in the split: pneumonia where any picture shows it."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for one in pictures:
        labels[one.patient].add(one.label)
    positive = LABELS[rules.Verdict.PNEUMONIA]
    return {patient: positive if positive in found else min(found) for patient, found in labels.items()}


def _write_pictures(
    folder: DataSetFolder, pictures: Iterable[Picture], asked: Asked, left_out: Counter[str]
) -> dict[str, str]:
    """sha256 by path of every picture that is in the folder now; those that are there and whole are not read again.

    Where an earlier export took pictures with burned-in text and this one doesn't, each is looked at anew.
    """
    keeps = asked.wants("burned_in") or not folder.about.get("unchecked")
    checksums = {}
    for one in pictures:
        if digest := (folder.kept(one.path) if keeps else "") or _written(folder, one, asked, left_out):
            checksums[one.path] = digest
    return checksums


def _written(folder: DataSetFolder, one: Picture, asked: Asked, left_out: Counter[str]) -> str:
    try:
        data, burned_in = bare_png(one.original_key)
    except FileNotFoundError:
        left_out["file_missing"] += 1
        return ""
    except RadiographError as error:
        log.warning("case %s is left out of the data set: %s", one.case_id, error.code)
        left_out["unreadable"] += 1
        return ""
    if burned_in and not asked.wants("burned_in"):
        left_out["burned_in"] += 1
        return ""
    return folder.write(one.path, data)


def _fingerprints(rows: Sequence[Picture], checksums: Mapping[str, str], split: Split) -> dict[str, str]:
    """Per side the digest that the workshop calls the fingerprint of a data set (training/data.py)."""
    lines: dict[str, list[str]] = {side: [] for side in SPLITS}
    for one in sorted(rows, key=lambda row: row.path):
        told = (one.path, one.label, one.patient, checksums[one.path])
        lines[split.sides[one.patient]].append("\t".join(told))
    return {side: hashlib.sha256("\n".join(found).encode()).hexdigest() for side, found in lines.items()}


def _row(one: Picture, split: Split) -> dict[str, str]:
    return {
        "path": one.path,
        "label": one.label,
        "patient": one.patient,
        "split": split.sides[one.patient],
        **one.facts,
    }


def _about(asked: Asked, split: Split) -> dict[str, Any]:
    return {
        "site": site_name(),
        "software": software(),
        "exported": timezone.localdate().isoformat(),
        "filters": asked.to_json(),
        "listing": LISTING,
        "split": split.to_json(),
    }


def software() -> str:
    """Name and version of the product."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    return f"{project['name']} {project['version']}"


def _tell(verb: str, by: User, root: Path, asked: Asked, **details: Any) -> None:
    with transaction.atomic():
        events.record(verb, by=by, folder=str(root), filters=asked.to_json(), **details)
