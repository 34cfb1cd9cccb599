"""The table of moves: every move from every state for every role, and the page that is drawn from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from cases import rules
from cases.management.commands import draw_states
from cases.models.patients import STATE_NAMES
from cases.models.readings import VERDICT_NAMES
from cases.reading.history import WORDS
from cases.rules import MOVES, Role, RuleBroken, State

# What the department agreed on, written down a second time: who, from where, to where (None: as its pictures stand).
WORKERS, STAFF = {"system"}, {"radiographer", "radiologist", "administrator"}
ON_ITS_WAY = {"received", "checking", "queued", "scoring"}
READABLE, IN_HAND = {"ready", "not_scored", "failed"}, {"claimed", "read"}
AGREED = {
    "check": (WORKERS, {"received", "queued", "scoring"}, "checking", "check_begun"),
    "wait": (WORKERS, {"checking", "queued", "scoring"}, "received", "waits_again"),
    "queue": (WORKERS, {"received", "checking", "scoring"}, "queued", "queued"),
    "score": (WORKERS, {"queued"}, "scoring", "scoring_begun"),
    "finish": (WORKERS, ON_ITS_WAY, "ready", "scored"),
    "refuse": (WORKERS, ON_ITS_WAY, "not_scored", "not_scored"),
    "fail": (WORKERS, ON_ITS_WAY, "failed", "failed"),
    "rerun": (STAFF, READABLE, None, "rerun_asked"),
    "override": ({"radiologist"}, {"not_scored", "ready"}, None, "scope_overridden"),
    "join": (WORKERS, ON_ITS_WAY | READABLE, "cancelled", "joined_other_case"),
    "claim": ({"radiologist"}, READABLE, "claimed", "claimed"),
    "release": ({"radiologist", "administrator", "system"}, IN_HAND, None, "released"),
    "read": ({"radiologist"}, IN_HAND, "read", "reading_saved"),
    "sign": ({"radiologist"}, IN_HAND, "signed", "signed"),
    "amend": ({"radiologist"}, {"signed", "amended"}, "amended", "amended"),
    "withdraw": ({"radiographer", "administrator"}, ON_ITS_WAY | READABLE, "rejected", "withdrawn"),
    "restore": ({"radiographer", "administrator"}, {"rejected"}, None, "restored"),
    "cancel": ({"administrator"}, ON_ITS_WAY | READABLE | IN_HAND, "cancelled", "cancelled"),
    "requeue": ({"administrator"}, {"cancelled"}, None, "requeued"),
}


def test_the_table_of_moves_is_what_was_agreed():
    table = {m.name: (set(m.roles), set(m.sources), m.target, m.event) for m in MOVES.values()}
    assert table == AGREED


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("role", [*Role, ""])
def test_a_move_is_made_from_its_states_by_its_roles_and_no_other(name, role):
    roles, sources, _, _ = AGREED[name]
    for state in State:
        allowed = role in roles and state in sources
        assert rules.may_move(name, state, role) is allowed
        if allowed:
            assert rules.check_move(name, state, role) is MOVES[name]
            continue
        with pytest.raises(RuleBroken) as refusal:
            rules.check_move(name, state, role)
        assert refusal.value.code == ("not_your_role" if role not in roles else "wrong_state")


def test_only_workers_hold_the_role_system():
    from cases.models import User

    assert Role.SYSTEM not in dict(User.ROLES)


def test_no_state_is_a_dead_end_but_those_that_are_signed():
    leave = {state for move in MOVES.values() for state in move.sources}
    assert set(State) == leave


def test_every_state_and_every_verdict_has_a_word():
    assert set(State) == set(STATE_NAMES)
    assert set(rules.Verdict) == set(VERDICT_NAMES)


def test_every_event_of_a_move_is_told_in_words():
    assert {move.event for move in MOVES.values()} <= set(WORDS)


def test_the_states_in_the_docs_are_drawn_from_the_table():
    page = Path(settings.BASE_DIR, "docs", "states.md").read_text(encoding="utf-8")
    assert page == draw_states.page()


PARTS = [
    "waiting",
    "reading",
    "not_scored",
    "failed",
    "read",
    "analysis_waiting",
    "analysis_running",
    "analysis_done",
    "analysis_not_scored",
    "analysis_failed",
]


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([], State.FAILED),
        (["waiting"], State.RECEIVED),
        (["reading"], State.CHECKING),
        (["analysis_waiting"], State.QUEUED),
        (["analysis_running"], State.SCORING),
        (["analysis_done"], State.READY),
        (["not_scored"], State.NOT_SCORED),
        (["failed"], State.FAILED),
        (["analysis_failed"], State.FAILED),
        (["analysis_done", "waiting"], State.RECEIVED),
        (["analysis_done", "analysis_running"], State.SCORING),
        (["analysis_done", "failed"], State.READY),
        (["not_scored", "failed"], State.NOT_SCORED),
    ],
)
def test_a_case_stands_where_its_parts_stand(parts, state):
    assert rules.settled(parts) is state


@given(st.lists(st.sampled_from(PARTS), max_size=8))
def test_the_order_and_number_of_parts_do_not_matter(parts):
    assert rules.settled(parts) is rules.settled(reversed(parts)) is rules.settled(set(parts))


@given(st.sets(st.sampled_from(PARTS), max_size=8), st.sampled_from(["waiting", "reading", "analysis_waiting"]))
def test_one_part_on_its_way_keeps_the_case_on_its_way(parts, on_its_way):
    assert rules.settled({*parts, on_its_way}) in rules.IN_PROGRESS


@pytest.mark.parametrize(
    ("verdict", "comment", "code"),
    [
        ("pneumonia", "", None),
        ("normal", "", None),
        ("uncertain", "a shadow at the left base", None),
        ("not_diagnostic", "moved", None),
        ("", "text", "verdict_missing"),
        ("healthy", "text", "verdict_missing"),
        ("uncertain", " \n ", "comment_missing"),
        ("not_diagnostic", "", "comment_missing"),
    ],
)
def test_a_verdict_is_one_of_four_and_doubt_is_explained(verdict, comment, code):
    if code is None:
        return rules.check_verdict(verdict, comment)
    with pytest.raises(RuleBroken) as refusal:
        rules.check_verdict(verdict, comment)
    assert refusal.value.code == code
    return None


@pytest.mark.parametrize("reason", ["", "  ", "ab", " ab  "])
def test_a_reason_has_three_characters(reason):
    with pytest.raises(RuleBroken, match="reason_missing"):
        rules.check_reason(reason)
    rules.check_reason("typing error")
