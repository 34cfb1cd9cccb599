"""A reader asks for a score in spite of the gate."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases import analysis, events
from cases.models import Analysis, Radiograph
from cases.reading.override import score_anyway
from cases.rules import RuleBroken
from tests.making import make_analysis


@pytest.fixture
def refused(a_case):
    """A case that the gate refused."""
    return a_case(state="not_scored")


def test_the_refused_picture_is_given_to_the_model_and_the_wish_is_kept(refused, bob):
    case = score_anyway(case=refused, by=bob, reason=" it is a chest ")

    assert case.state == "queued"
    assert [row.state for row in Analysis.objects.filter(radiograph__case=case)] == ["waiting"]
    event = case.events.get(verb="scope_overridden")
    assert event.actor == bob
    assert event.details == {"reason": "it is a chest", "refusals": ["not_chest"]}
    assert list(events.broken_links()) == []


def test_reading_the_picture_again_does_not_refuse_it_again(refused, bob):
    score_anyway(case=refused, by=bob, reason="it is a chest")
    Radiograph.objects.filter(case=refused).update(state="waiting")
    radiograph = analysis.claim_radiograph(refused.radiographs.get().pk)

    analysis.record_prepared(radiograph, analysis.running_versions(), seconds=0.1)

    radiograph.refresh_from_db()
    assert (radiograph.state, radiograph.refusals) == ("read", ["not_chest"])


@pytest.mark.parametrize(("state", "code"), [("ready", "wrong_state"), ("claimed", "wrong_state")])
def test_only_a_case_without_a_score_is_overridden(a_case, bob, state, code):
    with pytest.raises(RuleBroken) as refusal:
        score_anyway(case=a_case(state=state, claimed_by=bob if state == "claimed" else None), by=bob, reason="because")
    assert refusal.value.code == code


def test_it_takes_a_reader_and_a_reason(refused, alice, bob):
    with pytest.raises(RuleBroken, match="not_your_role"):
        score_anyway(case=refused, by=alice, reason="it is a chest")
    with pytest.raises(RuleBroken, match="reason_missing"):
        score_anyway(case=refused, by=bob, reason=" x ")
    assert not Analysis.objects.exists()


def test_the_page_offers_it_to_readers_and_shows_who_asked(refused, client_of, alice, bob):
    way, page = (reverse(name, args=[refused.pk]) for name in ("score_anyway", "case"))
    assert way not in client_of(alice).get(page).content.decode()
    client = client_of(bob)
    assert way in client.get(page).content.decode()

    client.post(way, {"reason": "it is a <chest>"})
    make_analysis(refused.radiographs.get(), 0.9)
    shown = client.get(page).content.decode()

    assert way not in shown
    assert "scored because Bob" in shown
    assert "it is a &lt;chest&gt;" in shown
    assert "asked for a score in spite of the gate" in shown
