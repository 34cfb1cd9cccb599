"""A prior beside the picture: of the same patient only, and looking at it is written there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.models import Case, Event, Radiograph
from tests import making


@pytest.fixture
def patient(db):
    return making.make_patient("P-1", "KIM^A")


@pytest.fixture
def look(client_of):
    """What this person gets of `other` beside `case`."""
    return lambda who, case, other, **headers: client_of(who).get(
        reverse("beside", args=[case.pk, other.pk]), headers=headers
    )


def test_the_prior_comes_with_its_viewer_and_is_opened(bob, look, patient):
    now, before = making.make_case(patient=patient), making.make_case(patient=patient, state="signed", seed=1)
    answer = look(bob, now, before)
    page = answer.content.decode()
    assert reverse("picture", args=[before.radiographs.get().pk]) in page
    assert before.number in page
    assert "0.91" not in page
    assert Event.objects.filter(stream=f"case:{before.pk}", verb="opened", actor=bob).count() == 1
    assert not Event.objects.filter(stream=f"case:{now.pk}", verb="opened").exists()


def test_the_case_page_offers_it(bob, client_of, patient):
    now, before = making.make_case(patient=patient), making.make_case(patient=patient, seed=1)
    page = client_of(bob).get(reverse("case", args=[now.pk])).content.decode()
    assert f'data-beside-src="{reverse("beside", args=[now.pk, before.pk])}"' in page


def test_another_patients_picture_is_as_absent_as_one_that_does_not_exist(bob, look, patient):
    now = making.make_case(patient=patient)
    stranger = making.make_case(patient=making.make_patient("P-2", "LEE^B"), seed=1)
    unknown = making.make_case(seed=2)
    for other in (stranger, unknown, now, Case(pk=99999)):
        assert look(bob, now, other).status_code == 404
    assert look(bob, unknown, making.make_case(seed=3)).status_code == 404
    assert not Event.objects.filter(verb="opened").exists()


def test_who_may_not_see_the_prior_gets_nothing(alice, carol, look, patient):
    now = making.make_case(patient=patient, by=alice)
    old = making.make_case(patient=patient, by=carol, minutes_ago=60 * 50, seed=1)
    assert look(alice, now, old).status_code == 404


def test_a_prior_without_a_picture_says_so(bob, look, patient):
    now, failed = making.make_case(patient=patient), making.make_case(patient=patient, state="failed", seed=1)
    assert "There is no picture to look at" in look(bob, now, failed).content.decode()


def test_fetching_ahead_opens_nothing(bob, look, patient):
    now, before = making.make_case(patient=patient), making.make_case(patient=patient, seed=1)
    assert look(bob, now, before, **{"Sec-Purpose": "prefetch"}).status_code == 204
    assert not Event.objects.filter(verb="opened").exists()


def test_the_same_view_is_chosen(bob, look, patient):
    now, before = making.make_case(patient=patient), making.make_case(patient=patient, seed=1)
    now.radiographs.update(view_position="PA")
    first = before.radiographs.get()
    second = Radiograph.objects.get(pk=first.pk)
    second.pk, second.view_position = None, "PA"
    second.save(force_insert=True)
    assert reverse("picture", args=[second.pk]) in look(bob, now, before).content.decode()
