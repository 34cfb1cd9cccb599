"""The admin opens for administrators and for nobody else, with few queries."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import pulse
from cases.admin_site import admin_site
from cases.models import (
    CriticalResult,
    Event,
    FindingTerm,
    HeatMap,
    Opinion,
    Phrase,
    Reading,
    Report,
    SecondReading,
    Site,
    Trial,
    Upload,
    User,
)
from cases.reading.content import content_sha256
from tests import making

MODELS = sorted(admin_site._registry, key=lambda model: model.__name__)
ADDED = {User, FindingTerm, Phrase}
CHANGED = {*ADDED, Site}


@pytest.fixture
def one_of_each(a_case, model_version, alice, bob):
    """At least one row of every registered model."""
    patient = making.make_patient("P-77", "ZZTEST^CANARY")
    case = a_case(state="signed", by=alice, patient=patient, study_description="thorax")
    reading = Reading.objects.create(
        case=case, reader=bob, verdict="normal", comment="clear", shown_analysis=case.top_analysis
    )
    content = {"verdict": "normal"}
    Report(
        case=case, version=1, reading=reading, signed_by=bob, content=content, content_sha256=content_sha256(content)
    ).save()
    CriticalResult.objects.create(case=case, finding="free air", found_at=case.received_at, opened_by=bob)
    Opinion.objects.create(case=case, reader=bob, kind="blind", verdict="normal", analysis=case.top_analysis)
    SecondReading.objects.create(case=case, why="share", first_reader=bob)
    HeatMap.objects.create(analysis=case.top_analysis, asked_by=bob)
    making.make_embedding(case.top_analysis)
    Upload.objects.create(by=alice, name="a.jpg", bytes=3, state="refused", reason_code="damaged_file")
    Trial.objects.create(id=uuid.uuid4(), by=bob, model_version=model_version)
    pulse.beat("reader@here", "read", pid=1)
    Phrase.objects.create(name="clear", text="Clear lungs.")
    Site.current()
    return case


def list_address(model) -> str:
    return reverse(f"admin:cases_{model._meta.model_name}_changelist")


def detail_address(model, action: str = "change") -> str:
    row = model._default_manager.order_by("pk").first()
    return reverse(f"admin:cases_{model._meta.model_name}_{action}", args=[row.pk])


def test_every_model_of_the_product_is_registered(db):
    from django.apps import apps

    assert set(apps.get_app_config("cases").get_models()) == set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_and_page_open_for_the_administrator_with_few_queries(model, one_of_each, dana, client_of):
    browser = client_of(dana)

    for address, at_most in ((list_address(model), 10), (detail_address(model), 18)):  # 8 of them write the event
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(address)
        assert answer.status_code == 200, address
        assert len(queries) <= at_most, [query["sql"] for query in queries]


def test_a_list_of_many_cases_needs_no_more_queries_than_of_one(a_case, dana, client_of):
    browser = client_of(dana)
    for number in range(12):
        a_case(seed=number, patient=making.make_patient(f"P-{number}"))

    with CaptureQueriesContext(connection) as queries:
        page = browser.get(reverse("admin:cases_case_changelist"))

    assert page.content.decode().count("thresholds 0.3 and 0.7; pneumonia 1.0, not calibrated") == 12
    assert len(queries) <= 10


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("who", ["alice", "bob", "mallory"])
def test_other_roles_get_403_and_nothing_of_the_record(model, who, one_of_each, request, client_of):
    browser = client_of(request.getfixturevalue(who) if who == "mallory" else User.objects.get(username=who))

    for address in (list_address(model), detail_address(model), detail_address(model, "history")):
        answer = browser.get(address)
        assert answer.status_code == 403, address
        assert "ZZTEST" not in answer.content.decode()


def test_nobody_is_sent_to_the_one_login_of_the_product(one_of_each):
    for address in [list_address(model) for model in MODELS] + ["/admin/", "/admin/nothing/here/"]:
        answer = Client().get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=/admin/")


def test_there_is_no_second_login_form(alice, dana, client_of):
    assert Client().get("/admin/login/").headers["Location"] == "/accounts/login/?next=/admin/"
    assert client_of(alice).get("/admin/login/").status_code == 403
    assert client_of(dana).get("/admin/login/").headers["Location"] == "/admin/"
    assert client_of(dana).get("/admin/logout/").status_code == 404
    assert client_of(dana).get("/admin/password_change/").status_code == 404


def test_the_role_counts_and_not_the_staff_flag(alice, client_of):
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)

    assert client_of(alice).get("/admin/").status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_deleted_and_only_accounts_and_words_are_added(model, one_of_each, dana, client_of):
    browser = client_of(dana)
    added = 200 if model in ADDED else 403

    assert browser.get(reverse(f"admin:cases_{model._meta.model_name}_add")).status_code == added
    assert browser.get(detail_address(model, "delete")).status_code == 403
    assert browser.post(detail_address(model, "delete"), {"post": "yes"}).status_code == 403
    page = browser.get(list_address(model)).content.decode()
    assert "delete_selected" not in page


@pytest.mark.parametrize("model", [model for model in MODELS if model not in CHANGED], ids=lambda m: m.__name__)
def test_a_record_is_not_changed_by_a_post(model, one_of_each, dana, client_of):
    answer = client_of(dana).post(detail_address(model), {"state": "signed", "verdict": "normal", "_save": "1"})

    assert answer.status_code == 403


def test_a_search_for_a_patient_is_in_no_address(one_of_each, a_case, dana, client_of):
    a_case(patient=making.make_patient("P-78", "Somebody else"))
    browser = client_of(dana)
    address = reverse("admin:cases_case_changelist") + "?kind__exact=clinical"

    found = browser.post(address, {"q": "canary"}, follow=True)

    page = found.content.decode()
    assert found.redirect_chain == [(address, 302)]
    assert "ZZTEST^CANARY" in page
    assert "Somebody else" not in page
    assert "q=" not in page.replace("csrfmiddlewaretoken", "")
    assert "Somebody else" in browser.post(address, {"q": ""}, follow=True).content.decode()


def test_a_search_that_comes_in_the_address_is_dropped(one_of_each, dana, client_of):
    answer = client_of(dana).get(reverse("admin:cases_patient_changelist") + "?q=canary&sex__exact=F")

    assert answer.headers["Location"] == reverse("admin:cases_patient_changelist") + "?sex__exact=F"


def test_looking_at_a_case_in_the_admin_is_an_event(one_of_each, dana, client_of):
    client_of(dana).get(reverse("admin:cases_case_change", args=[one_of_each.pk]))

    assert Event.objects.get(case=one_of_each, verb="opened").actor == dana


def test_the_history_of_a_case_is_its_events(one_of_each, dana, client_of):
    page = client_of(dana).get(reverse("admin:cases_case_history", args=[one_of_each.pk]), follow=True)

    assert page.redirect_chain[0][0].endswith(f"?stream=case%3A{one_of_each.pk}")
    assert "case_opened" in page.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_pages_hold_nothing_that_the_content_policy_forbids(model, one_of_each, dana, client_of):
    browser = client_of(dana)
    for address in ("/admin/", list_address(model), detail_address(model)):
        page = browser.get(address).content.decode()
        assert " style=" not in page
        assert not re.search(r"<[^>]+\son[a-z]+=", page)
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_the_admin_speaks_korean(dana, client_of):
    browser = client_of(dana)
    browser.cookies["django_language"] = "ko"

    assert 'lang="ko"' in browser.get("/admin/").content.decode()
