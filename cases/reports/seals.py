"""Everything that an event has sealed, compared with the rows as they are now: for `manage.py verify_events`."""

from __future__ import annotations

from collections.abc import Iterator

from cases.analysis.seals import seal_of_row
from cases.calls.services import seal_of
from cases.models import Analysis, CriticalResult, Event, Report
from cases.reports.checking import BROKEN, check_report


def broken_seals() -> Iterator[str]:
    """A sentence for each row that is not as it was sealed: under a signed report, a call, a model's answer."""
    yield from _broken_reports()
    yield from _broken_calls()
    yield from _broken_answers()


def _broken_reports() -> Iterator[str]:
    for report in Report.objects.select_related("case").order_by("pk").iterator(chunk_size=200):
        for line in check_report(report):
            if line.verdict == BROKEN:
                yield f"{report.case.number}, version {report.version}: {line.what}: {line.why}"


def _broken_calls() -> Iterator[str]:
    sealed = Event.objects.filter(verb__in=["critical_noted", "critical_completed", "critical_withdrawn"])
    seals = {row.details.get("critical"): row.details.get("seal") for row in sealed.order_by("pk").iterator()}
    for call in CriticalResult.objects.select_related("case").order_by("pk").iterator():
        # A call that was only opened has no seal yet.
        if (call.pk in seals or call.state != "open") and seals.get(call.pk) != seal_of(call):
            yield f"{call.case.number}: critical result {call.pk}: it is not what its event sealed"


def _broken_answers() -> Iterator[str]:
    told = Event.objects.filter(verb="analysed", details__has_key="seal").values_list("case_id", "details")
    seals = {said["analysis"]: (case_id, said["seal"]) for case_id, said in told.iterator()}
    for row in Analysis.everything.filter(state="done").iterator():
        case_id, seal = seals.pop(row.pk, (0, ""))
        if seal and seal != seal_of_row(row):
            yield f"case:{case_id}: analysis {row.pk}: it is not what its event sealed"
    for key, (case_id, _seal) in seals.items():
        yield f"case:{case_id}: analysis {key}: its event sealed an answer, and there is none"
