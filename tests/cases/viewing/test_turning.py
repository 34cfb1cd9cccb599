"""How a picture lies is kept with it: by whom, for whom, and what stays as it was."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from cases.models import Analysis, Case, Event, Radiograph
from cases.models.intake import ORIENTATIONS
from cases.reading import services
from cases.rules import RuleBroken
from cases.viewing.turning import orientation_of, turn_picture
from tests.cases.reading.acts import sign_case
from tests.making import make_patient


def picture_of(case: Case) -> Radiograph:
    return Radiograph.objects.select_related("case").get(case=case)


def turned(case: Case, by, code: str = "90f") -> bool:
    return turn_picture(radiograph=picture_of(case), orientation=code, by=by)


def case_page(client, case) -> str:
    return client.get(reverse("case", args=[case.pk])).content.decode()


def test_a_turned_picture_lies_so_for_every_reader_and_nothing_else_changes(a_case, client_of, bob, carol):
    case = a_case()
    before = Radiograph.objects.filter(case=case).values().get()

    assert turned(case, bob)

    after = Radiograph.objects.filter(case=case).values().get()
    assert {name for name in after if after[name] != before[name]} == {"orientation"}
    assert 'data-rotate="90" data-flip' in case_page(client_of(carol), case)
    event = Event.objects.get(case=case, verb="picture_turned")
    assert (event.actor, event.details) == (bob, {"picture": before["id"], "orientation": "90f"})


def test_laid_as_it_lies_writes_nothing_and_reset_is_as_stored(a_case, client_of, bob):
    case = a_case()
    assert [turned(case, bob, code) for code in ("180", "180", "")] == [True, False, True]
    assert Event.objects.filter(verb="picture_turned").count() == 2
    assert "data-rotate" not in case_page(client_of(bob), case)


def test_who_may_read_the_case_turns_and_nobody_else(a_case, alice, dana, bob, carol):
    case = a_case()
    for user in (alice, dana):
        with pytest.raises(RuleBroken, match="not_your_role"):
            turned(case, user)
    services.claim(case=case, by=bob)
    with pytest.raises(RuleBroken, match="not_your_case"):
        turned(case, carol)
    assert turned(case, bob)


def test_only_what_the_viewer_can_show_is_an_orientation():
    assert {orientation_of(code or "0") for code in ORIENTATIONS} == set(ORIENTATIONS)
    for code in ("45", "f", "90 f", "360"):
        with pytest.raises(ValueError, match="no orientation"):
            orientation_of(code)


def test_the_viewers_script_keeps_it_in_the_background(a_case, client_of, bob, carol):
    case = a_case()
    address = reverse("turn_picture", args=[picture_of(case).pk])
    assert f'action="{address}"' in case_page(client_of(bob), case)
    assert client_of(bob).post(address, {"orientation": "270"}).status_code == 200
    assert client_of(bob).post(address, {"orientation": "45"}).status_code == 400
    services.claim(case=case, by=bob)
    assert client_of(carol).post(address, {"orientation": "0"}).status_code == 409
    assert picture_of(case).orientation == "270"
    assert address not in case_page(client_of(carol), case)  # it still turns there, for that page alone


def test_the_model_s_answer_says_that_it_was_given_before(a_case, client_of, bob):
    case, words = a_case(probability=0.8), "before the picture was turned"
    assert words not in case_page(client_of(bob), case)
    turned(case, bob, "0f")
    assert words in case_page(client_of(bob), case)


def test_a_blind_reader_turns_it_and_hears_nothing_of_the_model(a_case, client_of, bob):
    case = a_case(probability=0.8)
    Case.objects.filter(pk=case.pk).update(read_blind=True, kept_back="first")
    case.refresh_from_db()
    assert turned(case, bob)
    assert "before the picture was turned" not in case_page(client_of(bob), case)


def test_the_prior_lies_as_its_reader_laid_it(a_case, client_of, bob):
    patient = make_patient()
    now, before = a_case(patient=patient), a_case(patient=patient, seed=1)
    turned(before, bob, "180f")
    shown = client_of(bob).get(reverse("beside", args=[now.pk, before.pk])).content.decode()
    assert 'data-rotate="180" data-flip' in shown
    assert "data-turn" not in shown


def test_reading_the_picture_again_leaves_it_as_it_lies(a_case, bob):
    from cases.analysis.reading import FOUND

    case = a_case()
    turned(case, bob)
    assert "orientation" not in FOUND
    assert not Analysis.objects.filter(radiograph__case=case).exclude(state="done").exists()  # nothing is asked anew


def test_a_signed_version_keeps_how_it_lay_and_says_so(a_case, client_of, bob):
    case = a_case()
    turned(case, bob, "90f")
    report = sign_case(case, bob)
    turned(case, bob, "")

    page = client_of(bob).get(reverse("report", args=[case.pk])).content.decode()

    assert report.content["pictures"][0]["orientation"] == "90f"
    assert json.loads(report.passport)["pictures"][0]["orientation"] == "90f"
    assert 'class="lies-90f"' in page
    assert "mirrored left and right, turned clockwise by 90°" in page


def test_a_picture_that_was_never_turned_leaves_the_report_as_it_always_was(a_case, client_of, bob):
    case = a_case()
    report = sign_case(case, bob)
    page = client_of(bob).get(reverse("report", args=[case.pk])).content.decode()
    assert set(report.content["pictures"][0]) == {"original_sha256", "pixel_sha256"}
    assert "Shown otherwise than stored" not in page
