"""A case follows its parts: its state, what the queue shows of it, and the event of its move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases import events, rules
from cases.analysis.parts import Parts, parts_of
from cases.models import Case, Site
from cases.models.listed import COPIES, copies_of, following
from cases.selects import Fields, Select
from cases.writes import update_row

COLUMNS = {"top_analysis": "top_analysis_id", "model_version": "model_version_id"}  # written by their ids


_CASE = Fields(Case)
_LOCKED = Select(lambda pk: Case.objects.select_for_update().filter(pk=pk).values_list(*_CASE.columns))


def refresh_top_analysis(case: Case) -> None:
    """What the queue shows: per radiograph the newest run of the primary model, of these the highest."""
    parts = parts_of(case)
    _write(case, _top(parts), parts)


def _top(parts: Parts) -> dict[str, Any]:
    top = parts.top(Site.current().primary_model)
    return {
        "top_analysis": top.pk if top else None,
        "model_version": top.version if top else None,
        "top_probability": top.probability if top else None,
        "band": top.band if top else "",
        "band_rank": rules.BAND_RANK[top.band if top else ""],
    }


_MOVE_TO = {
    rules.State.RECEIVED: "wait",
    rules.State.CHECKING: "check",
    rules.State.QUEUED: "queue",
    rules.State.SCORING: "score",
    rules.State.READY: "finish",
    rules.State.NOT_SCORED: "refuse",
    rules.State.FAILED: "fail",
}


def settle(case: Case) -> None:
    """Bring a case that no person has in hand to the state its radiographs and analyses give, with the event."""
    case.refresh_from_db(from_queryset=Case.objects.select_for_update())
    if case.state in rules.IN_PROGRESS:
        move_on(case)


def locked(case_id: int) -> Case:
    """The case as it is now; until the transaction ends nobody else changes its row."""
    return _CASE.row(_LOCKED(case_id)[0])


def move_on(
    case: Case, *, after: Sequence[events.Happened] = (), was_read: bool = False, answered: bool = False
) -> list[int]:
    """As `settle`, for a case that this transaction has read and locked: its row and its stream are written once.

    Args:
        after: events that come before that of the move.
        was_read: a picture was read, so that all copies are written anew.
        answered: a model has answered, so that what the queue shows is found anew.

    Returns:
        What the shadow still owes: analyses to be asked for, now that readers have what they wait for.
    """
    parts = parts_of(case)
    changes, happened = _move(case, parts)
    _write(case, (_top(parts) if answered else {}) | changes, parts, every_copy=was_read)
    if happened := [*after, *happened]:
        events.record_in_order(happened, by=None, case=case)
    return [] if case.state in rules.IN_PROGRESS else parts.owed


def _move(case: Case, parts: Parts) -> tuple[dict[str, Any], list[events.Happened]]:
    """What the move changes in the row, and its event; nothing where the case stays."""
    if case.state not in rules.IN_PROGRESS:
        return {}, []
    state, code = parts.state()
    if state == case.state:
        return {}, []
    move = rules.check_move(_MOVE_TO[state], case.state, rules.Role.SYSTEM)
    return {"state": state, "failure_code": code}, [(move.event, {"reason": code} if code else {})]


def _write(case: Case, changes: dict[str, Any], parts: Parts, *, every_copy: bool = False) -> None:
    """These fields of the case's row, with the copies that follow; all copies of a case that is on its way no more."""
    for name, value in changes.items():
        setattr(case, COLUMNS.get(name, name), value)
    ended = "state" in changes and case.state not in rules.IN_PROGRESS
    names = COPIES if every_copy or ended else following(changes)
    copies = copies_of(case, [name for name in names if name not in changes], parts.pictures)
    if changes or copies:
        update_row(Case, case.pk, changes | copies)
