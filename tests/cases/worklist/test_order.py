"""The reading order: what a person said, then who has waited too long, then what the model said, then arrival."""

from __future__ import annotations

import itertools
import random

import pytest

from cases import rules
from cases.models import Case
from cases.models.patients import overdue_since
from cases.reading import services
from cases.worklist.place import is_overdue, place_words

CHANCES = (0.9, 0.5, None, 0.1)


def in_order(**how) -> list[int]:
    return list(Case.objects.in_reading_order(**how).values_list("pk", flat=True))


@pytest.fixture
def mixed(a_case) -> list[Case]:
    """A case of every priority, band and side of the limit, arrived in no order."""
    kinds = list(itertools.product(rules.Priority, CHANCES, (5, 45)))
    random.Random(7).shuffle(kinds)
    return [
        a_case(priority=str(priority), probability=chance, minutes_ago=minutes + 0.1 * number)
        for number, (priority, chance, minutes) in enumerate(kinds)
    ]


@pytest.mark.parametrize("by_model", [True, False])
def test_the_database_orders_as_the_rules_say(mixed, by_model):
    since = overdue_since()

    def place(case: Case) -> tuple:
        overdue = is_overdue(case, since)
        return (
            *rules.reading_place(priority=case.priority, band=case.band, overdue=overdue, by_model=by_model),
            case.received_at,
        )

    assert in_order(by_model=by_model) == [case.pk for case in sorted(mixed, key=place)]


def test_who_waits_longer_than_the_limit_goes_ahead_of_what_the_model_calls_likely(a_case):
    fresh = a_case(probability=0.95, minutes_ago=5)
    waiting = a_case(probability=0.02, minutes_ago=31)
    low = a_case(probability=None, priority="low", minutes_ago=40)
    assert in_order() == [waiting.pk, low.pk, fresh.pk]


def test_what_a_person_called_urgent_stays_first_however_long_others_wait(a_case):
    waiting = a_case(probability=0.95, minutes_ago=300)
    urgent = a_case(probability=0.02, priority="urgent", minutes_ago=1)
    assert in_order() == [urgent.pk, waiting.pk]


def test_among_those_that_wait_too_long_the_oldest_is_first_whatever_the_model_said(a_case):
    younger = a_case(probability=0.95, minutes_ago=40)
    older = a_case(probability=0.02, minutes_ago=50)
    assert in_order() == [older.pk, younger.pk]


def test_the_limit_is_the_sites(a_case, settings):
    fresh, waiting = a_case(probability=0.95, minutes_ago=5), a_case(probability=0.02, minutes_ago=40)
    settings.LONG_WAIT_MINUTES = 60
    assert in_order() == [fresh.pk, waiting.pk]
    settings.LONG_WAIT_MINUTES = 0
    assert in_order() == [fresh.pk, waiting.pk]


def test_a_case_in_hand_does_not_wait(a_case, bob):
    in_hand = a_case(probability=0.02, minutes_ago=40, claimed_by=bob)
    likely = a_case(probability=0.95, minutes_ago=5)
    assert in_order() == [likely.pk, in_hand.pk]


def test_the_next_case_is_the_first_of_the_list(mixed, bob):
    first = in_order(by_model=False)[0]
    taken = services.claim_next(by=bob)
    assert taken is not None
    assert taken.pk == first


class TestWords:
    def words(self, case: Case, *, by_model: bool = True) -> str:
        return place_words(case, overdue=is_overdue(case, overdue_since()), by_model=by_model)

    def test_name_priority_and_band(self, a_case):
        said = self.words(a_case(probability=0.95, priority="urgent"))
        assert "called it urgent" in said
        assert "The model says likely" in said

    def test_name_the_limit_and_leave_the_model_out(self, a_case):
        said = self.words(a_case(probability=0.95, minutes_ago=31))
        assert "more than 30 minutes" in said
        assert "model says likely" not in said

    def test_say_what_no_result_means(self, a_case):
        assert "without a result it may be anything" in self.words(a_case(probability=None))

    def test_say_when_the_model_orders_nothing(self, a_case):
        said = self.words(a_case(probability=0.95), by_model=False)
        assert "does not order the list now" in said
        assert "likely" not in said

    def test_are_not_said_of_a_signed_case(self, a_case):
        assert self.words(a_case(state="signed")) == ""
