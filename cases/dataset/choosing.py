"""Which pictures an export takes, their class by the newest signed reading; how many it leaves out, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cases import rules
from cases.dataset.asked import LABELS, Asked
from cases.dataset.facts import facts_of
from cases.dataset.pseudonyms import patient_name, picture_name
from cases.models import Radiograph, Report

CHUNK = 200


@dataclass(frozen=True)
class Picture:
    """One row to be: `path` and `patient` are pseudonyms, `facts` one text per column."""

    case_id: int
    original_key: str
    pixel_sha256: str
    path: str
    label: str
    patient: str
    facts: dict[str, str]


def chosen_pictures(asked: Asked) -> tuple[list[Picture], Counter[str]]:
    """The pictures of signed cases that were asked for, oldest case first, and a count for each reason against one."""
    left_out: Counter[str] = Counter()
    pictures, seen = [], set()
    for report in newest_reports().iterator(chunk_size=CHUNK):
        for radiograph in report.case.radiographs.all():
            why = _reason_against(asked, report, radiograph)
            if not why and radiograph.pixel_sha256 in seen:
                why = "same_picture"
            if why:
                left_out[why] += 1
                continue
            seen.add(radiograph.pixel_sha256)
            pictures.append(_picture(report, radiograph))
    return pictures, left_out


def newest_reports() -> QuerySet[Report]:
    """The signed version that counts of each case, with all that a row is made of."""
    newer = Report.objects.filter(case=OuterRef("case"), version__gt=OuterRef("version"))
    found: QuerySet[Report] = Report.objects.filter(~Exists(newer), case__state__in=rules.FINAL)
    found = found.select_related("case__patient", "reading", "signed_by").order_by("case_id")
    return found.prefetch_related("case__reports", "case__radiographs__analyses__model_version")


def _reason_against(asked: Asked, report: Report, radiograph: Radiograph) -> str:
    """Why this picture is not taken, as a key of LEFT_OUT; empty where it is."""
    return next(_reasons_against(asked, report, radiograph), "")


def _reasons_against(asked: Asked, report: Report, radiograph: Radiograph) -> Iterator[str]:
    verdict = report.content["verdict"]
    if not asked.covers(timezone.localdate(report.signed_at)):
        yield "outside_dates"
    if report.case.kind == "phantom" and not asked.phantoms:
        yield "phantom"
    if not radiograph.pixel_sha256:
        yield "no_picture"
    if not asked.wants(verdict):
        yield verdict
    if radiograph.state == "not_scored" and not asked.wants("not_scored"):
        yield "not_scored"


def _picture(report: Report, radiograph: Radiograph) -> Picture:
    return Picture(
        case_id=report.case_id,
        original_key=radiograph.original_key,
        pixel_sha256=radiograph.pixel_sha256,
        path=picture_name(radiograph),
        label=LABELS[report.content["verdict"]],
        patient=patient_name(report.case),
        facts=facts_of(radiograph, report),
    )
