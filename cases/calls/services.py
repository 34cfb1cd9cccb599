"""The verbs of the call log: open, note, withdraw. A call is complete once all six fields are there; then it stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from cases import events, rules
from cases.models import Case, CriticalResult, User
from cases.models.calls import HOW_NAMES
from cases.reading.content import canonical
from cases.reports.facts import call_facts
from cases.reports.row_seals import seal_of_opening

CLOCKS_DIFFER = timedelta(minutes=5)
MAY_OPEN = (rules.Role.RADIOLOGIST,)
MAY_CLOSE = (rules.Role.RADIOLOGIST, rules.Role.ADMINISTRATOR)
SEEN = rules.READABLE | rules.IN_HAND | rules.FINAL


def open_call(*, case: Case, by: User, finding: str, found_at: datetime) -> CriticalResult:
    """Say that something can't wait; its opener and the administrators are reminded until the call is complete.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `not_your_case`, `finding_missing`, `call_times`.
    """
    if by.role not in MAY_OPEN:
        raise rules.RuleBroken("not_your_role")
    if len(finding.strip()) < 3:
        raise rules.RuleBroken("finding_missing")
    _check_times(found_at)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        _check_case(case, by)
        text = finding.strip()[:500]
        call = CriticalResult.objects.create(case=case, finding=text, found_at=found_at, opened_by=by)
        seals = {"found": events.keyed_hash(text), "opened": seal_of_opening(call), "seal": seal_of(call)}
        events.record("critical_opened", by=by, case=case, critical=call.pk, **seals)
        return call


def _check_case(case: Case, by: User) -> None:
    if case.state not in SEEN:
        raise rules.RuleBroken("wrong_state")
    if case.claimed_by_id not in (None, by.pk):
        raise rules.RuleBroken("not_your_case")


def _check_times(found_at: datetime, received_at: datetime | None = None) -> None:
    """Found before it was received, and neither in the future."""
    latest = timezone.now() + CLOCKS_DIFFER
    if found_at > latest or (received_at is not None and not found_at <= received_at <= latest):
        raise rules.RuleBroken("call_times")


def note_call(
    *, call: CriticalResult, by: User, called_by: str, received_by: str, received_at: datetime | None, how: str
) -> CriticalResult:
    """Write down what is known of the call; with all six fields it is complete, and never changes again.

    Raises:
        RuleBroken: `not_your_role`, `call_closed`, `call_times`.
    """
    with transaction.atomic():
        call = _open_one(call, by)
        _check_times(call.found_at, received_at)
        call.called_by, call.received_by = called_by.strip()[:120], received_by.strip()[:120]
        call.received_at, call.how = received_at, how if how in HOW_NAMES else ""
        call.state = "open" if call.missing else "complete"
        call.save()
        verb = "critical_noted" if call.missing else "critical_completed"
        events.record(verb, by=by, case=call.case, **_sealed(call))
        return call


def withdraw_call(*, call: CriticalResult, by: User, reason: str) -> CriticalResult:
    """Take a call back that should not have been opened; the row stays.

    Raises:
        RuleBroken: `not_your_role`, `call_closed`, `reason_missing`.
    """
    rules.check_reason(reason)
    with transaction.atomic():
        call = _open_one(call, by)
        call.state, call.withdrawn_reason = "withdrawn", reason.strip()[:500]
        call.save(update_fields=["state", "withdrawn_reason"])
        events.record("critical_withdrawn", by=by, case=call.case, reason=call.withdrawn_reason, **_sealed(call))
        return call


def _open_one(call: CriticalResult, by: User) -> CriticalResult:
    if by.role not in MAY_CLOSE:
        raise rules.RuleBroken("not_your_role")
    found = CriticalResult.objects.select_for_update().get(pk=call.pk)
    if found.state != "open":
        raise rules.RuleBroken("call_closed")
    return found


def _sealed(call: CriticalResult) -> dict[str, Any]:
    """For the event: which row, what is missing, and a keyed hash of what it says (it may name people)."""
    return {"critical": call.pk, "missing": call.missing, "seal": seal_of(call)}


def seal_of(call: CriticalResult) -> str:
    """The keyed hash of a call, to compare with the one in its last event."""
    return events.keyed_hash(canonical(call_facts(call)))
