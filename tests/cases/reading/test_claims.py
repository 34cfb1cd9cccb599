"""Taking a case, keeping it, giving it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import pulse
from cases.models import Case, Event
from cases.reading import services
from cases.reading.services import Conflict
from cases.rules import RuleBroken
from cases.sweeper import sweep


def test_next_takes_the_urgent_case_then_who_waits_too_long_then_the_likely_one(a_case, bob):
    pulse.beat("inference@here", "infer", pid=1)
    unlikely = a_case(probability=0.1, minutes_ago=20)
    likely = a_case(probability=0.9, minutes_ago=5)
    urgent = a_case(probability=0.1, minutes_ago=1, priority="urgent")
    overdue = a_case(probability=0.1, minutes_ago=90)

    order = [services.claim_next(by=bob) for _ in range(5)]

    assert order == [urgent, overdue, likely, unlikely, None]
    assert {case.claimed_by for case in order[:4]} == {bob}


def test_next_follows_arrival_while_no_model_answers(a_case, bob):
    likely = a_case(probability=0.9, minutes_ago=5)
    older = a_case(probability=0.1, minutes_ago=90)

    assert [services.claim_next(by=bob), services.claim_next(by=bob)] == [older, likely]


def test_a_failed_case_stands_before_the_unlikely_ones(a_case, bob):
    pulse.beat("inference@here", "infer", pid=1)
    unlikely = a_case(probability=0.1, minutes_ago=20)
    not_scored = a_case(state="not_scored", minutes_ago=5)

    assert [services.claim_next(by=bob), services.claim_next(by=bob)] == [not_scored, unlikely]


def test_next_offers_failed_cases_with_a_picture_and_leaves_those_without(a_case, bob):
    a_case(state="failed")  # nothing was read: there is nothing to look at
    not_scored = a_case(state="not_scored")
    a_case(state="scoring")
    assert services.claim_next(by=bob) == not_scored
    assert services.claim_next(by=bob) is None


@pytest.mark.parametrize("person", ["alice", "dana", "mallory"])
def test_only_radiologists_take_cases(a_case, person, request):
    user, case = request.getfixturevalue(person), a_case()
    for act in (lambda: services.claim_next(by=user), lambda: services.claim(case=case, by=user)):
        with pytest.raises(RuleBroken, match="not_your_role"):
            act()
    case.refresh_from_db()
    assert case.state == "ready"


def test_taking_my_own_case_again_changes_nothing(a_case, bob):
    case = services.claim(case=a_case(), by=bob)
    again = services.claim(case=case, by=bob)
    assert again.version == case.version
    assert Event.objects.filter(case=case, verb="claimed").count() == 1


def test_taking_a_case_that_another_has_names_the_holder(a_case, bob, carol):
    case = services.claim(case=a_case(), by=bob)
    with pytest.raises(Conflict) as conflict:
        services.claim(case=case, by=carol)
    assert conflict.value.who == bob


def test_a_sign_of_life_moves_the_end_of_the_lease_for_the_holder_only(a_case, bob, carol):
    case = services.claim(case=a_case(), by=bob)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() + timedelta(seconds=5))

    assert services.keep(case=case, by=carol) is None
    end = services.keep(case=case, by=bob)

    case.refresh_from_db()
    assert end is not None
    assert case.lease_until == end > timezone.now() + timedelta(minutes=10)


def test_a_lease_that_ended_gives_the_case_back_and_the_old_holder_keeps_nothing(a_case, bob, carol):
    case = services.claim(case=a_case(), by=bob)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()

    assert services.keep(case=case, by=bob) is None
    assert services.claim_next(by=carol) == case
    assert Event.objects.filter(case=case, verb="released", details__reason="lease_ended").count() == 1


def test_skipping_hands_out_another_case_never_the_same_one(a_case, bob):
    first, second = a_case(minutes_ago=9), a_case(minutes_ago=8)
    case = services.claim_next(by=bob)
    assert case == first
    assert services.skip(case=case, by=bob) == second
    first.refresh_from_db()
    assert (first.state, first.claimed_by) == ("ready", None)


def test_skipping_the_last_case_gives_it_back(a_case, bob):
    case = services.claim(case=a_case(), by=bob)
    assert services.skip(case=case, by=bob) is None
    case.refresh_from_db()
    assert case.state == "ready"


def test_only_the_holder_or_an_administrator_gives_a_case_back(a_case, alice, bob, carol, dana):
    case = services.claim(case=a_case(state="not_scored"), by=bob)
    with pytest.raises(RuleBroken, match="not_your_case"):
        services.release(case=case, by=carol)
    with pytest.raises(RuleBroken, match="not_your_role"):
        services.release(case=case, by=alice)

    back = services.release(case=case, by=dana, reason="taken_over")

    assert (back.state, back.failure_code, back.claimed_by) == ("not_scored", "not_chest", None)


def test_looking_again_within_minutes_is_one_visit(a_case, bob, carol):
    case = a_case()
    assert services.note_opening(case=case, by=bob)
    assert not services.note_opening(case=case, by=bob)
    assert services.note_opening(case=case, by=carol)
    assert Event.objects.filter(case=case, verb="opened").count() == 2
