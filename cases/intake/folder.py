"""Bring a folder of X-rays in, through the same door as the upload page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db.models import Exists, OuterRef

from cases import rules
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Analysis, Case, Upload, User

NOT_PICTURES = {".ds_store", "thumbs.db", "desktop.ini"}


@dataclass
class Summary:
    """How an import ended: counts by outcome, and reasons with their counts."""

    files: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**vars(self), "states": dict(self.states), "reasons": dict(self.reasons)}


def files_of(folder: Path) -> list[Path]:
    """All files below a folder, hidden ones and those of the operating system aside, in a stable order."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.name.startswith(".") and path.name.lower() not in NOT_PICTURES)


def bring_in(paths: list[Path], *, by: User, details: UploadDetails, kind: str) -> Iterator[Upload]:
    """Upload one file after another; one that is known already answers "duplicate", so an import can be repeated."""
    for path in paths:
        with path.open("rb") as opened:
            yield receive_upload(
                content=File(opened, name=path.name), name=path.name, by=by, details=details, kind=kind
            )


def unsettled(case_ids: list[int]) -> list[int]:
    """Which of these cases are still on their way; those whose other analyses run (a second model) count too."""
    running = Analysis.objects.filter(radiograph__case=OuterRef("pk"), state__in=["waiting", "running"])
    cases = Case.objects.filter(pk__in=case_ids).annotate(running=Exists(running))
    rows = cases.values_list("pk", "state", "running")
    return [pk for pk, state, busy in rows if state in rules.IN_PROGRESS or (busy and state == rules.State.READY)]


def summed_up(uploads: list[Upload]) -> Summary:
    """The end of an import, case by case."""
    summary = Summary(files=len(uploads))
    case_ids = set()
    for upload in uploads:
        if upload.state == "accepted":
            summary.new += 1
        elif upload.state == "duplicate":
            summary.known += 1
        else:
            summary.refused += 1
            summary.reasons[upload.reason_code] += 1
        if upload.case_id:
            case_ids.add(upload.case_id)
    for state, code, joined in Case.objects.filter(pk__in=case_ids).values_list("state", "failure_code", "joined_to"):
        summary.states["joined" if joined else state] += 1
        if code and not joined:
            summary.reasons[code] += 1
    return summary
