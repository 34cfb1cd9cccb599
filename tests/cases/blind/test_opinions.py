"""The own opinion first, then the model, then the signature; each is kept."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.blind import arrival
from cases.blind.eyes import sees_model
from cases.blind.services import store_opinion
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Case, Event, Opinion, Site
from cases.models.events import ChangeRefused
from cases.reading import services
from cases.rules import RuleBroken
from tests import making
from tests.cases.reading.acts import sign_form


@pytest.fixture
def kept(a_case, bob) -> Case:
    """In bob's hand, the model likely."""
    return a_case(probability=0.91, read_blind=True, claimed_by=bob)


def page_of(case: Case, browser) -> str:
    return browser.get(reverse("case", args=[case.pk])).content.decode()


def test_the_model_is_there_after_the_opinion_and_not_before(kept, bob, client_of):
    browser = client_of(bob)
    before = page_of(kept, browser)
    assert "0.91" not in before
    assert 'id="sign"' not in before

    said = {"verdict": "normal", "comment": "", "version": kept.version, "confidence": "low"}
    answer = browser.post(reverse("store_opinion", args=[kept.pk]), said, follow=True)

    assert "0.91" in answer.content.decode()
    assert "0.91" in browser.get("/").content.decode()
    opinion = Opinion.objects.get()
    assert (opinion.reader, opinion.verdict, opinion.confidence, opinion.kind) == (bob, "normal", "low", "blind")
    assert opinion.analysis.positive_probability == 0.91


def test_another_reader_still_sees_nothing(kept, bob, carol, client_of):
    store_opinion(case=kept, by=bob, verdict="pneumonia", comment="left base", version=kept.version)

    page = page_of(kept, client_of(carol))

    assert "0.91" not in page
    assert "left base" not in page
    assert "saved a reading" not in page
    assert "0.91" not in client_of(carol).get("/").content.decode()


def test_what_the_reading_shows_is_written_down(kept, bob):
    store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)
    kept.refresh_from_db()
    services.sign(case=kept, by=bob, verdict="pneumonia", comment="", version=kept.version)

    shown = list(kept.readings.order_by("pk").values_list("verdict", "shown_analysis"))
    assert shown == [("normal", None), ("pneumonia", kept.top_analysis_id)]


def test_nobody_signs_before_the_opinion(kept, bob, client_of):
    with pytest.raises(RuleBroken, match="opinion_missing"):
        services.sign(case=kept, by=bob, verdict="normal", comment="", version=kept.version)

    answer = client_of(bob).post(reverse("sign_case", args=[kept.pk]), sign_form(kept))

    assert answer.status_code == 422
    assert "store your own opinion first" in answer.content.decode()
    assert kept.reports.count() == 0


def test_a_case_without_an_answer_is_signed_as_ever(a_case, bob):
    case = a_case(state="not_scored", read_blind=True)
    case = services.claim(case=case, by=bob)
    assert services.sign(case=case, by=bob, verdict="normal", comment="", version=case.version).version == 1


def test_an_opinion_is_said_once_and_never_changed(kept, bob):
    first = store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)
    kept.refresh_from_db()

    assert store_opinion(case=kept, by=bob, verdict="pneumonia", comment="", version=kept.version) is None
    assert [row.verdict for row in Opinion.objects.all()] == ["normal"]
    with pytest.raises(ChangeRefused):
        first.save()
    with pytest.raises(ChangeRefused):
        Opinion.objects.update(verdict="pneumonia")


def test_only_who_has_the_case_says_an_opinion(kept, carol):
    with pytest.raises(services.Conflict):
        store_opinion(case=kept, by=carol, verdict="normal", comment="", version=kept.version)
    assert not sees_model(kept, carol)


def test_an_opinion_is_an_event_without_the_score(kept, bob):
    store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)
    event = Event.objects.get(verb="opinion_stored")
    assert (event.actor, event.case) == (bob, kept)
    assert "0.91" not in str(event.details)


def test_once_it_is_signed_every_reader_sees_all(kept, bob, carol, client_of):
    store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)
    kept.refresh_from_db()
    services.sign(case=kept, by=bob, verdict="normal", comment="", version=kept.version)

    assert "0.91" in page_of(kept, client_of(carol))


def test_a_heat_map_is_not_there_before_the_opinion(kept, bob, client_of):
    making.make_heat_map(kept.top_analysis, bob)
    browser, address = client_of(bob), reverse("heat_map", args=[kept.top_analysis_id])
    assert browser.get(address).status_code == 404

    store_opinion(case=kept, by=bob, verdict="normal", comment="", version=kept.version)

    assert browser.get(address).status_code == 200


# ---- which cases ----


@pytest.mark.parametrize(
    ("policy", "percent", "drawn"), [("off", 100, 0), ("always", 0, 40), ("share", 0, 0), ("share", 100, 40)]
)
def test_the_policy_of_the_site_draws(policy, percent, drawn, db):
    site = Site(blind_first=policy, blind_percent=percent)
    assert sum(arrival.drawn_blind(site) for _ in range(40)) == drawn


def test_a_share_is_about_that_share(db, monkeypatch):
    import random

    monkeypatch.setattr(arrival, "chance", random.Random(5))
    site = Site(blind_first="share", blind_percent=30)
    assert 250 < sum(arrival.drawn_blind(site) for _ in range(1000)) < 350


def test_it_is_drawn_on_arrival_and_stays(alice, model_version):
    from django.core.files.base import ContentFile

    site = Site.current()
    Site.objects.filter(pk=site.pk).update(blind_first="always")
    upload = receive_upload(
        content=ContentFile(making.jpeg_bytes(7), name="a.jpg"), name="a.jpg", by=alice, details=UploadDetails()
    )
    Site.objects.filter(pk=site.pk).update(blind_first="off")

    case = Case.objects.get(pk=upload.case_id)
    assert (case.read_blind, case.kept_back) == (True, "first")
    assert Event.objects.get(verb="case_opened").details["blind"] is True


def test_an_administrator_sets_the_policy(dana, client_of, model_version):
    site, browser = Site.current(), client_of(dana)
    page = reverse("admin:cases_site_change", args=[site.pk])
    form = browser.get(page).context["adminform"].form
    browser.post(page, {**form.initial, "blind_first": "share", "blind_percent": 35})

    site.refresh_from_db()
    assert (site.blind_first, site.blind_percent) == ("share", 35)
