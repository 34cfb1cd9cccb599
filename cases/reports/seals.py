"""Everything that an event has sealed, compared with the rows as they are now: for `manage.py verify_events`."""

from __future__ import annotations

from collections.abc import Iterator

from cases.calls.services import seal_of
from cases.models import CriticalResult, Event, Report
from cases.reports.checking import BROKEN, check_report


def broken_seals() -> Iterator[str]:
    """A sentence for each row that is not as it was sealed: under a signed report, or a call by itself."""
    yield from _broken_reports()
    yield from _broken_calls()


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
