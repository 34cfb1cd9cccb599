"""What a reader says of the model: only where its answer was shown; kept with the reading, signed, in the report."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from cases.models import Case, Reading, Report
from cases.reading import services
from cases.rules import RuleBroken
from tests.cases.reading.acts import sign_form


@pytest.fixture
def held(a_case, bob):
    return services.claim(case=a_case(), by=bob)


def save(case: Case, by, about_model: str, **more) -> Reading:
    case.refresh_from_db()
    words = {"verdict": "normal", "comment": "", "about_model": about_model, "version": case.version, **more}
    return services.save_reading(case=case, by=by, **words)


def test_it_is_signed_with_the_verdict_and_said_by_the_report(held, client_of, bob):
    client = client_of(bob)
    client.post(reverse("sign_case", args=[held.pk]), sign_form(held, about_model="artefact"))

    report = Report.objects.get()
    page = client.get(reverse("report", args=[held.pk])).content.decode()

    assert report.content["about_model"] == report.reading.about_model == "artefact"
    assert "It took something harmless for pneumonia" in page
    assert json.loads(report.passport)["reports"][0]["content"]["about_model"] == "artefact"


def test_the_case_page_asks_for_it_and_the_read_back_says_it(held, client_of, bob):
    client = client_of(bob)

    asked = client.get(reverse("case", args=[held.pk])).content.decode()
    read_back = client.post(
        reverse("sign_case", args=[held.pk]), sign_form(held, about_model="agrees", step="review")
    ).content.decode()

    assert 'name="about_model" data-key="0"' in asked
    assert 'data-readback="about-model"' in asked
    assert "I agree with the model" in read_back
    assert 'name="about_model" value="agrees"' in read_back


def test_nothing_is_asked_or_kept_where_the_model_was_not_shown(held, client_of, bob):
    Case.objects.filter(pk=held.pk).update(kept_back="first")

    page = client_of(bob).get(reverse("case", args=[held.pk])).content.decode()
    reading = save(held, bob, "agrees")

    assert "about_model" not in page
    assert "about-model" not in page
    assert (reading.about_model, reading.shown_analysis) == ("", None)


def test_a_case_without_an_answer_has_nothing_to_say_about(a_case, client_of, bob):
    case = services.claim(case=a_case(state="not_scored", probability=None), by=bob)

    assert "about_model" not in client_of(bob).get(reverse("case", args=[case.pk])).content.decode()


def test_another_answer_is_another_reading(held, bob):
    first = save(held, bob, "agrees")

    assert save(held, bob, "agrees") == first
    assert save(held, bob, "missed") != first


def test_an_unknown_answer_is_refused(held, client_of, bob):
    with pytest.raises(RuleBroken) as refused:
        save(held, bob, "whatever")
    answer = client_of(bob).post(reverse("read_case", args=[held.pk]), sign_form(held, about_model="whatever"))

    assert refused.value.code == "about_model_unknown"
    assert answer.status_code == 422


def test_an_amendment_does_not_inherit_it(held, client_of, bob, carol):
    services.sign(case=held, by=bob, verdict="normal", comment="", about_model="agrees", version=held.version)

    form = client_of(carol).get(reverse("amend_case", args=[held.pk])).context["form"]

    assert form["about_model"].value() in ("", None)
