"""What the pages of a case look up; each function takes a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import get_language

from cases import analysis, rules
from cases.blind.eyes import eyes_over
from cases.findings.lines import in_language
from cases.models import Analysis, Case, Radiograph, Reading, Report
from cases.wording import reason_next_step, reason_sentence


@dataclass(frozen=True)
class Why:
    """A stored reason in the words of the page's language; `of_gate`: one that a reader may override."""

    code: str
    sentence: str
    next_step: str
    of_gate: bool = False


@dataclass(frozen=True)
class Picture:
    """One radiograph with what the models said about it.

    Attributes:
        number: 1, 2, ... in the order of arrival.
        answers: the newest run of every model version, the primary model first.
        stops: why it was not read or not scored. notes: what is said beside a score.
    """

    radiograph: Radiograph
    number: int
    answers: Sequence[Analysis] = ()
    stops: Sequence[Why] = ()
    notes: Sequence[str] = ()

    @property
    def is_refused(self) -> bool:
        """Whether a model was kept from it that a reader may ask all the same."""
        return self.radiograph.state == "not_scored" or any(row.state == "not_scored" for row in self.answers)

    @property
    def is_shown(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.radiograph.rendition_key)


@dataclass(frozen=True)
class EarlierCase:
    """Another case of the same patient, with its newest report if it is signed."""

    case: Case
    report: Report | None = field(default=None)

    @property
    def day(self) -> date:
        """When it was taken, else when it came."""
        return self.case.study_date or timezone.localtime(self.case.received_at).date()

    @property
    def findings(self) -> list[str]:
        """What was signed, a line each, in the language of the page."""
        return in_language(self.report.content.get("findings", []), get_language()) if self.report else []


@dataclass(frozen=True)
class Override:
    """A reader's wish to have a score in spite of the gate."""

    who: str
    reason: str


def why(code: str, values: dict[str, Any] | None = None) -> Why:
    """A code in words."""
    return Why(code, reason_sentence(code, values), reason_next_step(code, values))


def pictures_of(case: Case, primary: str) -> list[Picture]:
    """The case's radiographs in the order they came."""
    analyses = Prefetch("analyses", Analysis.objects.select_related("model_version").order_by("run", "pk"))
    radiographs = case.radiographs.prefetch_related(analyses).order_by("pk")
    return [_picture(radiograph, number, primary) for number, radiograph in enumerate(radiographs, start=1)]


def _picture(radiograph: Radiograph, number: int, primary: str) -> Picture:
    newest = {row.model_version_id: row for row in radiograph.analyses.all() if row.state != "cancelled"}
    answers = sorted(newest.values(), key=lambda row: (row.model_version.name != primary, not row.model_version.active))
    return Picture(
        radiograph,
        number,
        answers=answers,
        stops=_stops(radiograph, answers),
        notes=[reason_sentence(code) for code in radiograph.notes],
    )


def _stops(radiograph: Radiograph, answers: Sequence[Analysis]) -> list[Why]:
    """One Why per reason, each reason once; what one model alone was kept from says its name."""
    found = {code: replace(why(code), of_gate=True) for code in radiograph.refusals}
    if radiograph.state == "failed":
        found[radiograph.failure_code] = why(radiograph.failure_code, radiograph.failure_values)
    for row in answers:
        if row.state == "failed":
            found[row.failure_code] = why(row.failure_code)
        for code in _outside_scope(radiograph, row):
            found[f"{code} {row.pk}"] = _why_of_model(code, row)
    return list(found.values())


def _outside_scope(radiograph: Radiograph, row: Analysis) -> list[str]:
    """Why this model was not asked, or should not have been, now that the patient is known better."""
    if row.state != "done":
        return [row.failure_code] if row.state == "not_scored" else []
    codes = analysis.refused_by_now(radiograph, [row.model_version]).get(row.model_version_id, ())
    return [code for code in codes if code not in (*radiograph.refusals, *radiograph.notes)]


def _why_of_model(code: str, row: Analysis) -> Why:
    reason = why(code)
    return replace(reason, sentence=f"{row.model_version}: {reason.sentence}")


def earlier_cases(case: Case, user: Any, limit: int = 10) -> list[EarlierCase]:
    """Other cases of the same patient that this user may see, newest first; withdrawn ones are left out."""
    if case.patient_id is None:
        return []
    others = Case.objects.visible_to(user).filter(patient_id=case.patient_id).exclude(pk=case.pk)
    day = Coalesce("study_date", TruncDate("received_at"))
    others = others.exclude(state__in=rules.WITHDRAWN).order_by(day.desc(), "-received_at")[:limit]
    reports = Report.objects.select_related("reading", "signed_by").order_by("version")
    found = list(others.prefetch_related(Prefetch("reports", reports)))
    eyes = eyes_over(found, user)
    return [EarlierCase(other, _last(other.reports.all()) if eyes.sees_reading(other) else None) for other in found]


def _last(rows: Any) -> Any:
    return list(rows)[-1] if rows else None


def override_of(case: Case) -> Override | None:
    """Who last asked for a score in spite of the gate, and why."""
    event = case.events.filter(verb="scope_overridden").select_related("actor").order_by("-seq").first()
    return Override(event.actor.full_name if event.actor else "", event.details["reason"]) if event else None


def newest_reading(case: Case, reader: Any) -> Reading | None:
    """What this reader saved last on this case."""
    return case.readings.filter(reader=reader).order_by("-pk").first() if reader.is_authenticated else None


def pictures_as_signed(case: Case, report: Report) -> list[Radiograph]:
    """The case's radiographs that have a picture, in the order they came, each as it lay when this was signed."""
    lay = {row["original_sha256"]: row.get("orientation", "") for row in report.content.get("pictures", [])}
    found = list(case.radiographs.exclude(rendition_key="").order_by("pk"))
    for row in found:
        row.orientation = lay.get(row.original_sha256, "")
    return found


def reports_of(case: Case) -> list[Report]:
    """All versions, the newest first."""
    return list(case.reports.select_related("reading", "signed_by").order_by("-version"))
