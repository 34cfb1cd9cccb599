"""The case page and its buttons, without JavaScript: what each role sees and can do, and what is never lost."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Event
from cases.reading import services
from tests.cases.reading.acts import sign_case
from tests.making import make_analysis, make_model, make_patient


def page(client, case, **headers):
    return client.get(reverse("case", args=[case.pk]), headers=headers)


def text(response):
    return response.content.decode()


# ---- who sees what ----


@pytest.mark.parametrize("person", ["alice", "bob", "dana"])
def test_staff_look_at_a_case_and_looking_is_an_event(a_case, client_of, person, request):
    case, user = a_case(patient=make_patient()), request.getfixturevalue(person)
    response = page(client_of(user), case)
    assert response.status_code == 200
    assert "김영희" in text(response)
    assert Event.objects.filter(case=case, verb="opened", actor=user).count() == 1


def test_who_has_no_role_sees_no_case_and_leaves_no_trace(a_case, client_of, mallory):
    case = a_case()
    assert page(client_of(mallory), case).status_code == 403
    assert page(Client(), case).status_code == 302
    assert not Event.objects.filter(case=case, verb="opened").exists()


def test_a_radiographer_gets_the_same_404_for_an_old_case_of_others_as_for_none(a_case, client_of, alice, dana):
    hidden = a_case(by=dana, minutes_ago=3 * 24 * 60)
    client = client_of(alice)
    for name in ("case", "report"):
        answers = [client.get(reverse(name, args=[number])) for number in (hidden.pk, 999_999)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert not Event.objects.filter(case=hidden, verb="opened").exists()


@pytest.mark.parametrize("header", ["prefetch", "prefetch;prerender"])
def test_a_page_fetched_ahead_is_not_opened_and_shows_nothing(a_case, client_of, bob, header):
    case = a_case()
    response = page(client_of(bob), case, sec_purpose=header)
    assert (response.status_code, response.content) == (204, b"")
    assert not Event.objects.filter(case=case, verb="opened").exists()


@pytest.mark.parametrize(
    ("name", "radiographer", "radiologist", "administrator", "outsider"),
    [
        ("claim_case", 403, 302, 403, 403),
        ("release_case", 403, 302, 302, 403),
        ("skip_case", 403, 302, 403, 403),
        ("read_case", 403, 422, 403, 403),
        ("sign_case", 403, 422, 403, 403),
        ("amend_case", 403, 302, 403, 403),
        ("keep_case", 403, 409, 403, 403),
    ],
)
def test_each_button_is_open_to_its_roles(
    a_case, client_of, alice, bob, dana, mallory, name, radiographer, radiologist, administrator, outsider
):
    case, people = a_case(), (alice, bob, dana, mallory)
    answers = [client_of(user).post(reverse(name, args=[case.pk])).status_code for user in people]
    assert answers == [radiographer, radiologist, administrator, outsider]


@pytest.mark.parametrize("name", ["claim_case", "release_case", "skip_case", "read_case", "keep_case"])
def test_a_button_is_not_pressed_by_a_link(a_case, client_of, bob, name):
    assert client_of(bob).get(reverse(name, args=[a_case().pk])).status_code == 405


# ---- what stands on the page ----


def test_a_probability_stands_with_thresholds_version_calibration_and_scope(a_case, client_of, bob):
    case = a_case(probability=0.48)
    case.radiographs.update(notes=["age_unknown", "no_scale"])
    shown = text(page(client_of(bob), case))
    for words in ("0.48", "0.30", "0.70", "pneumonia 1.0", "not calibrated", "The model is not sure"):
        assert words in shown
    assert reverse("model", args=[case.top_analysis.model_version_id]) in shown
    assert "age is not known" in shown
    assert "no pixel spacing" in shown


@pytest.mark.parametrize(
    ("state", "words", "next_step"),
    [
        ("not_scored", "this is no chest X-ray", "Choose the chest X-ray in the study"),
        ("failed", "The file is damaged", "Export the picture again"),
    ],
)
def test_a_case_without_a_score_says_why_and_what_to_do(a_case, client_of, bob, state, words, next_step):
    shown = text(page(client_of(bob), a_case(state=state)))
    assert words in shown
    assert next_step in shown
    assert "probability-figure" not in shown


def test_every_picture_of_the_case_is_there_and_the_asked_one_is_shown(a_case, client_of, bob):
    from tests.making import _make_radiograph

    case = a_case(probability=0.2)
    second = _make_radiograph(case, 7)
    make_analysis(second, 0.8)
    client = client_of(bob)
    first_shown = client.get(reverse("case", args=[case.pk])).context["chosen"].radiograph
    answer = client.get(reverse("case", args=[case.pk]), {"picture": second.pk})
    assert first_shown != second == answer.context["chosen"].radiograph
    assert answer.context["model_side"].top.radiograph_id == second.pk
    assert text(answer).count("<pneumo-viewer") == 2
    assert [row.positive_probability for _, row in answer.context["model_side"].others] == [0.2]


def test_reports_of_the_same_patient_stand_beside(a_case, client_of, bob, carol):
    patient = make_patient("P-9")
    earlier, case = a_case(patient=patient), a_case(patient=patient)
    sign_case(earlier, carol, "pneumonia", "right base")
    a_case(patient=make_patient("P-10"))
    rows = page(client_of(bob), case).context["earlier"]
    assert [(row.case, row.report.content["comment"]) for row in rows] == [(earlier, "right base")]


def test_the_history_is_told_in_words(a_case, client_of, bob):
    case = sign_case(a_case(), bob).case
    shown = text(page(client_of(bob), case))
    for words in ("opened the case by an upload", "took the case", "signed the report", "version 1"):
        assert words in shown


def test_the_age_is_that_at_the_study(a_case, client_of, bob):
    from datetime import date

    child = make_patient("P-11", born=date(2020, 6, 1))
    case = a_case(patient=child, study_date=date(2021, 5, 31))
    assert page(client_of(bob), case).context["age"] == "11 months"
    unknown = a_case()
    assert page(client_of(bob), unknown).context["age"] == "age not known"


def test_the_number_of_queries_does_not_grow_with_the_case(a_case, client_of, bob, django_assert_max_num_queries):
    from tests.making import _make_radiograph

    patient = make_patient("P-12")
    case = a_case(patient=patient)
    for number in range(4):
        make_analysis(_make_radiograph(case, number + 10), 0.5, model=make_model("2.0", active=False))
        sign_case(a_case(patient=patient), bob)
    client = client_of(bob)
    page(client, case)
    with django_assert_max_num_queries(17):
        page(client, case)
    services.claim(case=case, by=bob)
    with django_assert_max_num_queries(20):
        page(client, case)


# ---- the day's work ----


def test_next_takes_a_case_and_opens_it_and_says_when_nothing_waits(a_case, client_of, bob):
    case, client = a_case(), client_of(bob)
    assert client.post(reverse("next_case")).url == reverse("case", args=[case.pk])
    case.refresh_from_db()
    assert case.claimed_by == bob
    answer = client.post(reverse("next_case"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("worklist")
    assert "Nothing waits to be read." in text(answer)


def test_what_was_skipped_comes_again_only_when_nothing_else_waits(a_case, client_of, bob):
    first, second = a_case(minutes_ago=9), a_case(minutes_ago=8)
    client = client_of(bob)
    client.post(reverse("next_case"))
    assert client.post(reverse("skip_case", args=[first.pk])).url == reverse("case", args=[second.pk])
    sign_case(second, bob)
    answer = client.post(reverse("next_case"), follow=True)
    assert "Nothing else waits" in text(answer)
    assert client.post(reverse("next_case")).url == reverse("case", args=[first.pk])


def test_an_open_case_of_another_says_who_has_it_and_until_when(a_case, client_of, bob, carol, dana):
    case = services.claim(case=a_case(), by=carol)
    answer = page(client_of(bob), case)
    assert "Carol has it until" in text(answer)
    assert not answer.context["may"].read
    assert answer.context["may"].take_over is False
    assert page(client_of(dana), case).context["may"].take_over is True


def test_an_administrator_takes_a_case_from_its_reader(a_case, client_of, carol, dana):
    case = services.claim(case=a_case(), by=carol)
    client_of(dana).post(reverse("release_case", args=[case.pk]))
    case.refresh_from_db()
    assert (case.state, case.claimed_by) == ("ready", None)
    assert Event.objects.get(case=case, verb="released").details["reason"] == "taken_over"
    lost = client_of(carol).post(reverse("keep_case", args=[case.pk]))
    assert (lost.status_code, "no longer yours" in lost.json()["message"]) == (409, True)


def test_the_sign_of_life_answers_with_the_end_of_the_lease(a_case, client_of, bob):
    case = services.claim(case=a_case(), by=bob)
    answer = client_of(bob).post(reverse("keep_case", args=[case.pk]))
    assert (answer.status_code, answer.json()["message"].startswith("Yours until ")) == (200, True)


def test_a_saved_reading_is_there_again_and_a_script_gets_the_new_version(a_case, client_of, bob):
    case, client = services.claim(case=a_case(), by=bob), client_of(bob)
    words = {"verdict": "uncertain", "comment": "left\r\nbase", "version": case.version}
    answer = client.post(reverse("read_case", args=[case.pk]), words, headers={"accept": "application/json"})
    case.refresh_from_db()
    assert answer.json() == {"message": "Saved; not signed yet.", "version": case.version}
    form = page(client, case).context["form"]
    assert (form["verdict"].value(), form["comment"].value()) == ("uncertain", "left\nbase")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"verdict": "", "comment": "my long text"}, "Choose a verdict first."),
        ({"verdict": "uncertain", "comment": ""}, "Say in a few words why"),
        ({"verdict": "healthy", "comment": "my long text"}, "Select a valid choice"),
        ({"verdict": "normal", "comment": "my long text" * 1000}, "at most 8000 characters"),
    ],
)
@pytest.mark.parametrize("name", ["read_case", "sign_case"])
def test_a_refused_reading_says_why_at_its_field_and_keeps_the_text(a_case, client_of, bob, name, words, sentence):
    case = services.claim(case=a_case(), by=bob)
    answer = client_of(bob).post(reverse(name, args=[case.pk]), {**words, "version": case.version})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert words["comment"] in text(answer)
    assert not case.readings.exists()


def test_an_old_page_gets_both_versions_and_a_way_to_go_on(a_case, client_of, bob):
    case, client = services.claim(case=a_case(), by=bob), client_of(bob)
    services.save_reading(case=case, by=bob, verdict="normal", comment="from the other window", version=case.version)
    mine = {"verdict": "pneumonia", "comment": "typed for ten minutes", "version": case.version}
    answer = client.post(reverse("read_case", args=[case.pk]), mine)
    assert answer.status_code == 409
    for words in ("in another window", "from the other window", "typed for ten minutes", "Save this text instead"):
        assert words in text(answer)
    again = {**mine, "version": answer.context["case"].version}
    assert client.post(reverse("read_case", args=[case.pk]), again).status_code == 302
    assert case.readings.first().comment == "typed for ten minutes"


def test_a_text_survives_a_claim_that_ended(a_case, client_of, bob):
    case, client = services.claim(case=a_case(), by=bob), client_of(bob)
    mine = {"verdict": "pneumonia", "comment": "typed for ten minutes", "version": case.version}
    services.release(case=case, by=None, reason="lease_ended")
    lost = client.post(reverse("read_case", args=[case.pk]), mine)
    assert (lost.status_code, "Take the case again with this text" in text(lost)) == (409, True)
    taken = client.post(reverse("claim_case", args=[case.pk]), mine)
    assert taken.status_code == 200
    assert taken.context["form"]["comment"].value() == "typed for ten minutes"
    again = {**mine, "version": taken.context["form"]["version"].value()}
    assert client.post(reverse("read_case", args=[case.pk]), again).status_code == 302


def test_a_text_survives_that_another_took_or_signed_the_case(a_case, client_of, bob, carol):
    case, client = services.claim(case=a_case(), by=bob), client_of(bob)
    mine = {"verdict": "pneumonia", "comment": "typed for ten minutes", "version": case.version}
    services.release(case=case, by=None, reason="lease_ended")
    services.claim(case=case, by=carol)
    taken = client.post(reverse("read_case", args=[case.pk]), mine)
    assert (taken.status_code, "Carol has this case in hand now." in text(taken)) == (409, True)
    case.refresh_from_db()
    services.sign(case=case, by=carol, verdict="normal", comment="clear", version=case.version)
    signed = client.post(reverse("read_case", args=[case.pk]), mine)
    assert signed.status_code == 409
    for words in ("Carol has signed this case", "clear", "typed for ten minutes", "Go on to an amendment"):
        assert words in text(signed)
    amending = client.post(reverse("amend_case", args=[case.pk]), {**mine, "step": "edit"})
    assert amending.context["form"]["comment"].value() == "typed for ten minutes"


def test_pages_in_korean_are_korean_where_the_kernel_is(a_case, client_of, bob):
    client = client_of(bob)
    client.cookies["django_language"] = "ko"
    shown = text(page(client, a_case(state="not_scored")))
    assert 'lang="ko"' in shown
    assert "흉부 X선 영상이 아닙니다" in shown
