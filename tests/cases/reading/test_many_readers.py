"""Many readers at once: each case is read once, no lease is lost or doubled, also when readers vanish."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from cases import events, rules
from cases.models import Case, Event, Reading, Report, User
from cases.reading import services
from cases.sweeper import sweep
from tests.cases.reading.acts import at_once
from tests.making import make_case, make_model, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_passwords")]


def read_on(reader: User, *, vanish: float, seed: int) -> str:
    """Take and sign one case after another, each in a connection of its own, until none is left, or vanish with one.

    Returns:
        "vanished" with a case in hand, or "done".
    """
    chance = random.Random(seed)
    while case := again(partial(services.claim_next, by=reader)):
        assert again(partial(services.keep, case=case, by=reader))
        if chance.random() < vanish:
            return "vanished"
        again(partial(services.sign, case=case, by=reader, verdict="normal", comment="", version=case.version))
        connections.close_all()  # as a web process between two requests
    return "done"


def again(act: Callable[[], Any]) -> Any:
    """As a person who sees an error page presses once more: readers who never pause may wait for SQLite in vain."""
    for _ in range(20):
        try:
            return act()
        except OperationalError as error:
            if "locked" not in str(error):
                raise
    return act()


def end_leases_of_the_vanished() -> int:
    """Time passes: whoever gives no sign of life loses the case, and the sweeper brings it back."""
    in_hand = Case.objects.filter(state__in=rules.IN_HAND)
    in_hand.update(lease_until=timezone.now() - timedelta(seconds=1))
    return sweep().released


def read_all(readers: list[User], cases: int, *, vanish: float) -> int:
    """Let them read in rounds until every case is signed; how many vanished with a case."""
    vanished = 0
    for round_ in range(50):
        acts = [
            partial(read_on, reader, vanish=vanish, seed=100 * round_ + number) for number, reader in enumerate(readers)
        ]
        found = Counter(at_once(acts, seconds=1200))
        assert set(found) <= {"done", "vanished"}, found
        assert end_leases_of_the_vanished() == found["vanished"]
        vanished += found["vanished"]
        if Report.objects.count() == cases:
            return vanished
    raise AssertionError(f"{cases - Report.objects.count()} cases were never read")


def assert_each_was_read_once(cases: int, vanished: int) -> None:
    """One report and one reading for each case; every claim ended in a signature or in the sweeper's release."""
    assert Case.objects.filter(state="signed", claimed_by=None, lease_until=None).count() == cases
    assert Report.objects.count() == Report.objects.values("case").distinct().count() == cases
    assert Reading.objects.count() == cases
    happened = Counter(Event.objects.filter(verb__in=["claimed", "released", "signed"]).values_list("verb", flat=True))
    assert happened == Counter(claimed=cases + vanished, released=vanished, signed=cases)
    assert_no_case_was_in_two_hands()
    assert list(events.broken_links()) == []


def assert_no_case_was_in_two_hands() -> None:
    """In each case's chain a claim is followed by the end of that claim, by its reader, before the next one."""
    told = Event.objects.filter(verb__in=["claimed", "released", "signed"]).order_by("case", "seq")
    holder: dict[int, int | None] = {}
    for case, verb, actor in told.values_list("case", "verb", "actor"):
        if verb == "claimed":
            assert holder.get(case) is None
            holder[case] = actor
        else:
            assert holder[case] is not None
            assert verb == "released" or actor == holder[case]
            holder[case] = None


def department(readers: int, cases: int) -> list[User]:
    make_model()
    for number in range(cases):
        make_case(seed=number, priority=("urgent", "normal", "low")[number % 3], probability=(number % 10) / 10)
    return [make_person(f"reader{number}", "radiologist") for number in range(readers)]


@pytest.mark.timeout(300)
def test_ten_readers_who_may_vanish_read_sixty_cases_once_each():
    readers = department(10, 60)
    vanished = read_all(readers, 60, vanish=0.1)
    assert_each_was_read_once(60, vanished)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_fifty_readers_who_may_vanish_read_a_thousand_cases_once_each():
    readers = department(50, 1000)
    vanished = read_all(readers, 1000, vanish=0.02)
    assert vanished > 0
    assert_each_was_read_once(1000, vanished)
