"""Moves that a person makes: withdraw, restore, cancel, requeue, run again."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from cases import analysis, bell, events, rules
from cases.models import Case, User


def withdraw(*, case: Case, by: User, reason: str) -> Case:
    """Take back a wrong upload, until it is read; it can be restored.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`.
    """
    rules.check_reason(reason)
    return _moved(case=case, by=by, name="withdraw", reason=reason.strip()[:500])


def restore(*, case: Case, by: User) -> Case:
    """Undo a withdrawal.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    return _moved(case=case, by=by, name="restore")


def cancel(*, case: Case, by: User, reason: str) -> Case:
    """An administrator takes a case out of the line; `requeue` brings it back.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`.
    """
    rules.check_reason(reason)
    return _moved(case=case, by=by, name="cancel", reason=reason.strip()[:500])


def requeue(*, case: Case, by: User) -> Case:
    """Bring a cancelled case back to where its pictures stand.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    return _moved(case=case, by=by, name="requeue")


def _moved(*, case: Case, by: User, name: str, **details: Any) -> Case:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move(name, case.state, by.role)
        code = ""
        if move.target is None:
            target, code = analysis.parts_state(case)
        else:
            target = move.target
        old = case.state
        Case.objects.filter(pk=case.pk).update(
            state=target, failure_code=code, claimed_by=None, lease_until=None, version=case.version + 1
        )
        events.record(move.event, by=by, case=case, old=old, new=target, **details)
        case.refresh_from_db()
        if case.state in rules.IN_PROGRESS:
            _ring_all(case)
        return case


def rerun(*, case: Case, by: User) -> Case:
    """Run a case again: failed pictures are read anew, sound ones get a further run of every running version.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move("rerun", case.state, by.role)
        case.radiographs.exclude(state="read").update(
            state="waiting", attempts=0, strikes=0, lease_until=None, failure_code="", rung_at=timezone.now()
        )
        for radiograph in case.radiographs.filter(state="read"):
            analysis.ask_again(radiograph)
        target, code = analysis.parts_state(case)
        Case.objects.filter(pk=case.pk).update(state=target, failure_code=code, version=case.version + 1)
        events.record(move.event, by=by, case=case, new=target)
        case.refresh_from_db()
        _ring_all(case)
        return case


def _ring_all(case: Case) -> None:
    for radiograph in case.radiographs.filter(state="waiting"):
        bell.ring_read(radiograph.pk, case.priority)
    for radiograph in case.radiographs.all():
        for waiting in radiograph.analyses.filter(state="waiting"):
            bell.ring_score(waiting.pk, case.priority)
