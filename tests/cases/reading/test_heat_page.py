"""The heat map on the case page: off at first, in words while it is made or refused, its picture for readers alone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from cases import analysis
from cases.models import Analysis, Case, HeatMap
from cases.reading.screen import model_side
from inference.errors import reason
from tests import making
from tests.cases.heat_networks import IN_THE_LUNG, Looking, give_array, loaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(a_case) -> Case:
    return a_case()


def map_of(case: Case, bob, **fields: object) -> HeatMap:
    row = analysis.ask_heat_map(analysis=case.top_analysis, by=bob)
    HeatMap.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def made_map(case: Case, bob) -> HeatMap:
    answer = give_array(case)
    row = analysis.ask_heat_map(analysis=answer, by=bob)
    with loaded(answer.model_version, Looking(IN_THE_LUNG)):
        analysis.make_heat_map(row.pk)
    return row


def page_of(client, case: Case) -> str:
    return client.get(reverse("case", args=[case.pk])).content.decode()


def addresses(case: Case) -> list[str]:
    return [reverse(name, args=[case.top_analysis_id]) for name in ("heat_map", "heat_map_picture")]


def test_a_reader_finds_a_button_and_nothing_is_made_before_it_is_pressed(case, bob, client_of):
    page = page_of(client_of(bob), case)
    assert 'data-heat-state="none"' in page
    assert 'data-key="h"' in page
    assert "heat-maps/" not in page
    assert not HeatMap.objects.exists()


def test_asking_leads_back_to_the_picture_and_the_page_says_that_it_is_coming(case, bob, client_of):
    client = client_of(bob)
    answer = client.post(reverse("ask_heat_map", args=[case.pk]), {"analysis": case.top_analysis_id})
    radiograph = case.radiographs.get()
    assert answer.headers["Location"] == f"{reverse('case', args=[case.pk])}?picture={radiograph.pk}#heat-side"
    assert HeatMap.objects.get().asked_by == bob
    page = page_of(client, case)
    assert 'data-heat-state="waiting"' in page
    assert "it appears here by itself" in page


def test_a_script_is_told_the_state(case, bob, client_of):
    asked = client_of(bob).post(reverse("ask_heat_map", args=[case.pk]), headers={"Accept": "application/json"})
    assert asked.json() == {"state": "waiting"}


@pytest.mark.parametrize("analysis_id", ["0", "no number", "²", "9" * 40])
def test_an_answer_of_another_case_is_not_there(case, bob, client_of, analysis_id):
    address = reverse("ask_heat_map", args=[case.pk])
    other = making.make_case(seed=1)
    for asked in (analysis_id, str(other.top_analysis_id)):
        assert client_of(bob).post(address, {"analysis": asked}).status_code == 404
    assert not HeatMap.objects.exists()


def test_a_map_that_may_be_shown_has_its_layer_its_picture_and_its_words(case, bob, client_of):
    row = made_map(case, bob)
    client = client_of(bob)
    page = page_of(client, case)
    assert 'data-heat-state="done"' in page
    assert "odds fall to less than half" in page
    for address, kind in zip(addresses(case), ("image/png", "image/jpeg"), strict=True):
        assert address in page
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
        assert "no-store" in answer.headers["Cache-Control"]
    row.refresh_from_db()
    assert row.state == "done"


def test_the_pictures_of_a_map_are_for_readers_alone(case, alice, bob, dana, mallory, client, client_of):
    made_map(case, bob)
    Case.objects.filter(pk=case.pk).update(opened_by=alice)
    for address in addresses(case):
        assert client.get(address).status_code == 302
        for person in (alice, dana, mallory):
            assert client_of(person).get(address).status_code == 403
    for person in (alice, dana):
        assert "heat-side" not in page_of(client_of(person), case)


@pytest.mark.parametrize("code", ["heat_unmoved", "heat_outside"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_map_that_is_not_reliable_is_words_and_no_picture(case, bob, client_of, code, language):
    figures = {"before": 0.9, "after": 0.9, "outside": 0.1}
    map_of(case, bob, state="unreliable", failure_code=code, **figures)
    client = client_of(bob)
    with translation.override(language):
        client.cookies["django_language"] = language
        page = page_of(client, case)
    assert reason(code).message(language) in page
    assert "heat-maps/" not in page
    assert 'data-key="h"' not in page
    assert [client.get(address).status_code for address in addresses(case)] == [404, 404]


def test_a_failure_is_told_and_can_be_asked_for_again(case, bob, client_of):
    map_of(case, bob, state="failed", failure_code="worker_lost")
    page = page_of(client_of(bob), case)
    assert reason("worker_lost").message("en") in page
    assert "Make the heat map again" in page
    assert analysis.ask_heat_map(analysis=case.top_analysis, by=bob).state == "waiting"


def test_an_answer_in_the_shadow_has_no_map_even_where_a_row_says_so(case, bob, client_of):
    made_map(case, bob)
    addresses_before = addresses(case)
    Analysis.everything.filter(pk=case.top_analysis_id).update(shadow=True)
    client = client_of(bob)
    assert [client.get(address).status_code for address in addresses_before] == [404, 404]
    asked = client.post(reverse("ask_heat_map", args=[case.pk]), {"analysis": case.top_analysis_id})
    assert asked.status_code == 404


def test_the_first_finished_answer_of_each_picture_has_the_map(case, bob):
    from cases.reading.queries import pictures_of

    other = making.make_analysis(case.radiographs.get(), 0.4, model=making.make_model("1.0", name="covid19"))
    sides = model_side(case, pictures_of(case, "pneumonia"), bob).heat
    assert [side.answer for side in sides] == [case.top_analysis]
    assert [side.answer for side in model_side(case, pictures_of(case, "covid19"), bob).heat] == [other]


def test_no_map_is_offered_where_no_model_has_answered(a_case, bob, client_of):
    page = page_of(client_of(bob), a_case(state="not_scored", probability=None))
    assert "data-heat=" not in page
