"""Everything that an event has sealed, compared with the rows as they are now: for `manage.py verify_events`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cases.analysis.seals import seal_of_row
from cases.calls.services import seal_of
from cases.models import Analysis, CriticalResult, Event, Opinion, Radiograph, Report, SecondReading
from cases.reports.case_rows import broken_cases
from cases.reports.checking import BROKEN, check_report
from cases.reports.row_seals import seal_of_opening, seal_of_opinion, seal_of_second


def broken_seals() -> Iterator[str]:
    """A sentence for each row that is not as it was sealed: under a signed report, a call, an opinion, an answer."""
    yield from _broken_reports()
    yield from _reports_gone()
    yield from _broken_calls()
    yield from _broken_opinions()
    yield from _broken_second_readings()
    yield from _broken_answers()
    yield from _turned_otherwise()
    yield from broken_cases()


def _broken_reports() -> Iterator[str]:
    for report in Report.objects.select_related("case").order_by("pk").iterator(chunk_size=200):
        for line in check_report(report):
            if line.verdict == BROKEN:
                yield f"{report.case.number}, version {report.version}: {line.what}: {line.why}"


def _reports_gone() -> Iterator[str]:
    there = set(Report.objects.order_by().values_list("pk", flat=True))
    for told in _told("signed", "amended"):
        if told.said["report"] not in there:
            yield f"case:{told.case_id}: report {told.said['report']}: its event sealed one, and there is none"


class Told(NamedTuple):
    """What an event says."""

    case_id: int
    actor_id: int | None
    verb: str
    said: dict[str, Any]


def _told(*verbs: str) -> Iterator[Told]:
    """The events with these verbs, the older first."""
    rows = Event.objects.filter(verb__in=verbs).order_by("pk").values_list(*Told._fields[:3], "details")
    return (Told(*row) for row in rows.iterator())


def _broken_calls() -> Iterator[str]:
    events_of: dict[int, dict[str, Any]] = {}
    for told in _told("critical_opened", "critical_noted", "critical_completed", "critical_withdrawn"):
        # Of the last one the seal, or none: events of the first days have none.
        events_of[told.said["critical"]] = {**events_of.get(told.said["critical"], {}), "seal": None, **told.said}
    for call in CriticalResult.objects.select_related("case").order_by("pk").iterator():
        if not _is_call_as_told(call, events_of.pop(call.pk, {})):
            yield f"{call.case.number}: critical result {call.pk}: it is not what its event sealed"
    yield from (f"critical result {key}: its event sealed one, and there is none" for key in events_of)


def _is_call_as_told(call: CriticalResult, said: dict[str, Any]) -> bool:
    if call.withdrawn_reason != said.get("reason", ""):
        return False
    if said.get("opened") not in (None, seal_of_opening(call)):
        return False
    return call.state == "open" if said.get("seal") is None else said["seal"] == seal_of(call)


def _broken_opinions() -> Iterator[str]:
    told = {event.said["opinion"]: event for event in _told("opinion_stored", "second_stored", "adjudicated")}
    for row in Opinion.objects.select_related("case").order_by("pk").iterator():
        event = told.pop(row.pk, None)
        if event is None or not _is_opinion_as_told(row, event):
            yield f"{row.case.number}: opinion {row.pk}: it is not what its event sealed"
    for key, event in told.items():
        yield f"case:{event.case_id}: opinion {key}: its event sealed one, and there is none"


def _is_opinion_as_told(row: Opinion, event: Told) -> bool:
    """An event from before there were such seals says at least whose opinion it is."""
    whose = (row.case_id, row.reader_id) == (event.case_id, event.actor_id)
    verdict = event.said.get("verdict", row.verdict)
    return whose and verdict == row.verdict and event.said.get("seal") in (None, seal_of_opinion(row))


STATE_AFTER = {"second_drawn": "second", "adjudicated": "done", "second_closed": "closed"}


def _broken_second_readings() -> Iterator[str]:
    events_of: dict[int, dict[str, Any]] = {}
    for told in _told("second_drawn", "second_stored", "adjudicated", "second_closed"):
        state = STATE_AFTER.get(told.verb) or ("done" if told.said["agrees"] else "third")
        kept = {**events_of.get(told.case_id, {}), "second_seal": None}
        events_of[told.case_id] = {**kept, **told.said, "state": state}
    for row in SecondReading.objects.select_related("case").order_by("pk").iterator():
        said = events_of.pop(row.case_id, {})
        same = (row.state, row.why) == (said.get("state"), said.get("why"))
        if not same or said.get("second_seal") not in (None, seal_of_second(row)):
            yield f"{row.case.number}: its second reading is not what its event sealed"
    yield from (f"case:{case_id}: its second reading is gone" for case_id in events_of)


def _broken_answers() -> Iterator[str]:
    told = Event.objects.filter(verb="analysed", details__has_key="seal").values_list("case_id", "details")
    seals = {said["analysis"]: (case_id, said["seal"]) for case_id, said in told.iterator()}
    for row in Analysis.everything.filter(state="done").iterator():
        case_id, seal = seals.pop(row.pk, (0, ""))
        if seal and seal != seal_of_row(row):
            yield f"case:{case_id}: analysis {row.pk}: it is not what its event sealed"
    for key, (case_id, _seal) in seals.items():
        yield f"case:{case_id}: analysis {key}: its event sealed an answer, and there is none"


def _turned_otherwise() -> Iterator[str]:
    """A picture lies as the last event of its turning says; "0": as it came, like one that nobody has turned."""
    told = {event.said["picture"]: event.said["orientation"] for event in _told("picture_turned")}
    for key, orientation in Radiograph.objects.exclude(orientation="").values_list("pk", "orientation").iterator():
        if orientation != told.pop(key, "0"):
            yield f"picture {key}: it does not lie as its event says"
    yield from (f"picture {key}: it does not lie as its event says" for key, said in told.items() if said != "0")
