"""The rules as data: states of a case, who may move it where, and which event that writes. No Django inside.

The diagram in docs/states.md is drawn from MOVES (`python manage.py draw_states`) and a test compares them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; a user without a role may do nothing."""

    RADIOGRAPHER = "radiographer"
    RADIOLOGIST = "radiologist"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"  # workers and the sweeper; never a user's role


SEE_ALL_CASES = (Role.RADIOLOGIST, Role.ADMINISTRATOR)  # a radiographer sees own and today's cases


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    CHECKING = "checking"
    QUEUED = "queued"
    SCORING = "scoring"
    READY = "ready"
    CLAIMED = "claimed"
    READ = "read"
    SIGNED = "signed"
    AMENDED = "amended"
    FAILED = "failed"
    NOT_SCORED = "not_scored"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """The human priority; the model never lowers it."""

    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Verdict(StrEnum):
    """The person's verdict, separate from the model's."""

    PNEUMONIA = "pneumonia"
    NORMAL = "normal"
    UNCERTAIN = "uncertain"
    NOT_DIAGNOSTIC = "not_diagnostic"


IN_PROGRESS = frozenset({State.RECEIVED, State.CHECKING, State.QUEUED, State.SCORING})
READABLE = frozenset({State.READY, State.NOT_SCORED, State.FAILED})
IN_HAND = frozenset({State.CLAIMED, State.READ})
FINAL = frozenset({State.SIGNED, State.AMENDED})
WITHDRAWN = frozenset({State.REJECTED, State.CANCELLED})
BEFORE_READING = IN_PROGRESS | READABLE


@dataclass(frozen=True)
class Move:
    """One allowed move. `target` None: the state that the case's pictures and analyses give (see `settled`)."""

    name: str
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    event: str


def _move(name: str, sources: Iterable[State], target: State | None, roles: Iterable[Role], event: str) -> Move:
    return Move(name, frozenset(sources), target, frozenset(roles), event)


_SYSTEM = [Role.SYSTEM]
_STAFF = [Role.RADIOGRAPHER, Role.RADIOLOGIST, Role.ADMINISTRATOR]

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        _move("check", {State.RECEIVED, State.QUEUED, State.SCORING}, State.CHECKING, _SYSTEM, "check_begun"),
        _move("wait", {State.CHECKING, State.QUEUED, State.SCORING}, State.RECEIVED, _SYSTEM, "waits_again"),
        _move("queue", {State.RECEIVED, State.CHECKING, State.SCORING}, State.QUEUED, _SYSTEM, "queued"),
        _move("score", {State.QUEUED}, State.SCORING, _SYSTEM, "scoring_begun"),
        _move("finish", IN_PROGRESS, State.READY, _SYSTEM, "scored"),
        _move("refuse", IN_PROGRESS, State.NOT_SCORED, _SYSTEM, "not_scored"),
        _move("fail", IN_PROGRESS, State.FAILED, _SYSTEM, "failed"),
        _move("rerun", READABLE, None, _STAFF, "rerun_asked"),
        _move("override", {State.NOT_SCORED, State.READY}, None, [Role.RADIOLOGIST], "scope_overridden"),
        _move("join", BEFORE_READING, State.CANCELLED, _SYSTEM, "joined_other_case"),
        _move("claim", READABLE, State.CLAIMED, [Role.RADIOLOGIST], "claimed"),
        _move("release", IN_HAND, None, [Role.RADIOLOGIST, Role.ADMINISTRATOR, Role.SYSTEM], "released"),
        _move("read", IN_HAND, State.READ, [Role.RADIOLOGIST], "reading_saved"),
        _move("sign", IN_HAND, State.SIGNED, [Role.RADIOLOGIST], "signed"),
        _move("amend", FINAL, State.AMENDED, [Role.RADIOLOGIST], "amended"),
        _move("withdraw", BEFORE_READING, State.REJECTED, [Role.RADIOGRAPHER, Role.ADMINISTRATOR], "withdrawn"),
        _move("restore", {State.REJECTED}, None, [Role.RADIOGRAPHER, Role.ADMINISTRATOR], "restored"),
        _move("cancel", BEFORE_READING | IN_HAND, State.CANCELLED, [Role.ADMINISTRATOR], "cancelled"),
        _move("requeue", {State.CANCELLED}, None, [Role.ADMINISTRATOR], "requeued"),
    )
}


class RuleBroken(Exception):
    """A move, a right or a value that the rules refuse; `code` is worded by cases/wording.py."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


def check_move(name: str, state: str, role: str) -> Move:
    """The move, if a case in `state` may make it for `role`.

    Raises:
        RuleBroken: `not_your_role` or `wrong_state`.
    """
    move = MOVES[name]
    if role not in move.roles:
        raise RuleBroken("not_your_role", move=name)
    if state not in move.sources:
        raise RuleBroken("wrong_state", move=name, state=str(state))
    return move


def may_move(name: str, state: str, role: str) -> bool:
    """The boolean twin of check_move, for showing or hiding a button."""
    move = MOVES[name]
    return role in move.roles and state in move.sources


# What the parts of a case say, strongest first: one picture still on its way keeps the case on its way.
_PART_TO_STATE = (
    ("waiting", State.RECEIVED),
    ("reading", State.CHECKING),
    ("analysis_waiting", State.QUEUED),
    ("analysis_running", State.SCORING),
    ("analysis_done", State.READY),
    ("not_scored", State.NOT_SCORED),
    ("analysis_not_scored", State.NOT_SCORED),
    ("failed", State.FAILED),
    ("analysis_failed", State.FAILED),
)


def settled(parts: Iterable[str]) -> State:
    """The state that a case's radiographs and analyses give together.

    Args:
        parts: radiograph states ("waiting", "reading", "not_scored", "failed", "read") and analysis states with the
            prefix "analysis_". A case without any is FAILED: it has nothing to show.
    """
    present = set(parts)
    return next((state for part, state in _PART_TO_STATE if part in present), State.FAILED)


NEEDS_WORDS = frozenset({Verdict.UNCERTAIN, Verdict.NOT_DIAGNOSTIC})


def check_verdict(verdict: str, comment: str) -> None:
    """A verdict from the list; "uncertain" and "not diagnostic" say why in words.

    Raises:
        RuleBroken: `verdict_missing` or `comment_missing`.
    """
    if verdict not in set(Verdict):
        raise RuleBroken("verdict_missing")
    if verdict in NEEDS_WORDS and not comment.strip():
        raise RuleBroken("comment_missing")


def check_reason(reason: str) -> None:
    """An amendment, a withdrawal or an activation says why (at least three characters).

    Raises:
        RuleBroken: `reason_missing`.
    """
    if len(reason.strip()) < 3:
        raise RuleBroken("reason_missing")


# Without a result a case may be anything: it stands with the uncertain ones, not behind the unlikely.
BAND_RANK = {"likely": 0, "uncertain": 1, "": 1, "unlikely": 2}
PRIORITY_RANK = {Priority.URGENT: 0, Priority.NORMAL: 1, Priority.LOW: 2}


def reading_place(*, priority: str, band: str, overdue: bool, by_model: bool) -> tuple[int, int, int, int]:
    """Where a case stands in the reading order: the smaller place is read first, within a place the older case.

    What a person called urgent comes first, whatever else is true. After it comes what has waited longer than the
    site's limit, whatever the model said; then human priority, and within it the model's band.

    Args:
        overdue: waits for a reader longer than the site's limit.
        by_model: False while no model answers; the band then orders nothing.
    """
    by_band = by_model and not overdue
    rank = PRIORITY_RANK[Priority(priority)]
    return int(rank > 0), int(not overdue), rank, BAND_RANK[band] if by_band else 0
