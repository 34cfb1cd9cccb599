"""What every open page asks for its own person: written once, it answers as Django's own query does."""

from __future__ import annotations

import pytest

from cases.blind import eyes
from cases.blind.services import store_opinion
from cases.reading import services
from cases.worklist import counts


def test_what_is_kept_back_is_found_as_by_django(a_case, bob, carol, dana):
    case = a_case(claimed_by=bob, read_blind=True)
    store_opinion(case=case, by=bob, verdict="normal", comment="", version=case.version)
    found = {person: sorted(eyes._kept_and_parts(person.pk)) for person in (bob, carol, dana)}
    assert found == {person: sorted(eyes._marked_parts_of(person)) for person in found}
    assert found[bob] == [(eyes.NO_CASE,), (case.pk,)]
    assert found[carol] == [(eyes.NO_CASE,)]


@pytest.mark.parametrize("number", [0, 1])
def test_own_counts_are_as_by_django(number, a_case, bob, carol):
    for _ in range(2):
        a_case()
    for _ in range(number):
        services.claim_next(by=carol)
    for person in (bob, carol):
        expected = dict(counts._own(person, eyes.eyes_of(person)))
        assert dict(counts.NOTHING_KEPT[person.role](person.pk)) == expected
    assert counts.own_counts(carol, eyes.eyes_of(carol)).mine == number


def test_a_radiographer_who_sees_today_only_is_asked_anew(alice):
    assert alice.role not in counts.NOTHING_KEPT
