"""What a case that is kept back looks like to the network, and what was signed of it, is in nobody's similar cases."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.blind.services import store_opinion
from cases.models import Case, SecondReading
from tests import making
from tests.cases.blind.scores import NOW, SCORES, give_score, seen
from tests.cases.reading.test_similar import far_ones, signed


@pytest.fixture
def kept(a_case, bob) -> Case:
    """In bob's hand, to be read blind, among signed cases like it."""
    case = a_case(read_blind=True, claimed_by=bob)
    making.make_embedding(case.top_analysis)
    far_ones(a_case)
    return case


def heard(browser, of: Case, changed: Case) -> list:
    """What a reader hears of the cases similar to one, for each score and look that another could have."""
    found = []
    for score in SCORES:
        give_score(changed, score)
        found.append(seen(browser, reverse("similar", args=[of.pk])))
    return found


@pytest.fixture(autouse=True)
def _still(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def test_before_the_opinion_it_is_the_same_whatever_the_network_saw_and_after_it_is_not(kept, bob, client_of):
    browser = client_of(bob)
    low, middle, high = heard(browser, kept, kept)
    assert low == middle == high
    assert low[0] == 404

    store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)

    low, middle, high = heard(browser, kept, kept)
    assert low[0] == 200
    assert len({low, middle, high}) == 3


@pytest.mark.parametrize(("state", "others"), [("first", "ready"), ("second", "signed"), ("third", "signed")])
def test_in_the_page_of_another_case_nothing_of_it_is_told(state, others, a_case, kept, carol, client_of):
    shown = a_case()
    making.make_embedding(shown.top_analysis, 60)
    hidden = kept if others == "ready" else signed(a_case, 61)
    Case.objects.filter(pk=hidden.pk).update(kept_back=state)

    low, middle, high = heard(client_of(carol), shown, hidden)

    assert low == middle == high
    assert low[0] == 200
    assert hidden.number not in low[2]


def test_a_second_reader_of_a_signed_case_sees_none_and_the_first_reader_does(a_case, bob, carol, client_of):
    case = signed(a_case, 0)
    far_ones(a_case)
    SecondReading.objects.create(case=case, why="share", first_reader=bob)
    Case.objects.filter(pk=case.pk).update(kept_back="second")
    address = reverse("similar", args=[case.pk])
    assert [client_of(user).get(address).status_code for user in (carol, bob)] == [404, 200]
