"""A decision is signed as an amendment is: read back first, and what was read back is what is signed."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from cases.models import Case, Opinion, SecondReading
from cases.reading import services
from cases.second.services import store_second, take
from tests.cases.reading.acts import sign_form
from tests.making import PASSWORD

pytestmark = pytest.mark.usefixtures("every_case_is_drawn")
NODULE = {"pattern": "nodule", "side": "left", "zone": "upper"}
IN_A_FORM = {f"findings_{part}": code for part, code in NODULE.items()}
SAID = {"verdict": "pneumonia", "comment": "a round shadow", "reason": "seen on a second look", **IN_A_FORM}


@pytest.fixture
def in_hand(a_case, bob, carol, erin) -> Case:
    """Signed as normal by bob, read anew as pneumonia by carol, in erin's hand."""
    case = services.claim(case=a_case(probability=0.95), by=bob)
    services.sign(case=case, by=bob, version=case.version, verdict="normal", comment="clear lungs")
    store_second(case=case, by=carol, verdict="pneumonia", comment="white base")
    take(case=case, by=erin)
    return case


def post(browser: Any, case: Case, **said: Any) -> Any:
    return browser.post(reverse("adjudicate", args=[case.pk]), sign_form(case, **SAID) | said)


def test_an_open_signing_session_does_not_spare_the_read_back(in_hand, erin, client_of):
    browser = client_of(erin)
    session = browser.session
    session["signing_until"] = 4e9
    session.save()

    answer = post(browser, in_hand, step="review", password="")

    page = answer.content.decode()
    assert (answer.status_code, in_hand.reports.count()) == (200, 1)
    assert SecondReading.objects.get().state == "third"
    assert "Sign this decision?" in page
    assert f'action="{reverse("adjudicate", args=[in_hand.pk])}"' in page
    for words in (in_hand.number, SAID["comment"], SAID["reason"], "nodule · left · upper zone"):
        assert words in page, words
    assert post(browser, in_hand, step="report", password="").status_code == 302
    assert in_hand.reports.count() == 2


def test_what_was_read_back_is_what_is_signed(in_hand, erin, client_of):
    post(client_of(erin), in_hand, password=PASSWORD)

    newest = in_hand.reports.latest("version")
    said = newest.reading
    assert (said.verdict, said.comment, said.findings) == ("pneumonia", SAID["comment"], [NODULE])
    assert (newest.version, newest.signed_by, newest.reason) == (2, erin, SAID["reason"])


def test_a_wrong_password_comes_back_to_the_read_back(in_hand, erin, client_of):
    answer = post(client_of(erin), in_hand, password="a guess")

    assert answer.status_code == 422
    assert "The password is not right" in answer.content.decode()
    assert SAID["comment"] in answer.content.decode()
    assert not Opinion.objects.filter(kind="third").exists()


def test_back_to_the_text_from_the_read_back(in_hand, erin, client_of):
    page = post(client_of(erin), in_hand, step="edit").content.decode()

    assert SAID["comment"] in page
    assert '<option value="nodule" selected>' in page
    assert in_hand.reports.count() == 1


def test_nothing_is_read_back_to_whom_the_case_does_not_wait_for(in_hand, carol, client_of):
    answer = post(client_of(carol), in_hand, step="review")

    assert answer.status_code == 422
    assert "You have read this case already" in answer.content.decode()
    assert "Sign this decision?" not in answer.content.decode()


@pytest.mark.parametrize("name", ["store_second", "adjudicate"])
def test_a_log_in_on_the_way_leads_to_the_case_where_the_words_are_offered(name, in_hand, erin, client_of):
    answer = client_of(erin).get(reverse(name, args=[in_hand.pk]))

    assert answer.headers["Location"] == reverse("case", args=[in_hand.pk])


def test_the_page_keeps_words_under_reader_case_and_stage_until_the_server_has_them(in_hand, erin, client_of):
    browser = client_of(erin)
    page = browser.get(reverse("case", args=[in_hand.pk])).content.decode()
    kept = f'data-user="{erin.pk}" data-case="{in_hand.pk}-third"'
    assert kept in page

    post(browser, in_hand, password=PASSWORD)

    after = browser.get("/?state=signed&second=1").content.decode()
    assert f'data-signed="{erin.pk}:{in_hand.pk}-third"' in after
