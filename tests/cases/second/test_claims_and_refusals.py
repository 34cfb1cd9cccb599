"""Reading anew takes long: the claim lives as long as the page, a refusal loses no word, findings are not lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Opinion, SecondReading
from cases.reading import services
from cases.second.services import adjudicate, store_second, take
from tests.cases.reading.acts import sign_case, sign_form

LOBAR = {"pattern": "lobar", "side": "right", "zone": "lower"}
IN_WORDS = "lobar consolidation · right · lower zone"
TYPED = {"verdict": "uncertain", "comment": "typed for ten minutes"}
TAKEN = "Another reader has this case in hand for its next reading."
MOVED_ON = "The case has moved on"
TABLES = ("cases_case", "cases_secondreading")

pytestmark = pytest.mark.usefixtures("every_case_is_drawn")


@pytest.fixture
def drawn(a_case, bob) -> Case:
    """Signed by bob against the model, with a finding."""
    case = services.claim(case=a_case(probability=0.05), by=bob)
    words = {"verdict": "pneumonia", "comment": "left base", "findings": [LOBAR]}
    services.sign(case=case, by=bob, version=case.version, **words)
    case.refresh_from_db()
    return case


@pytest.fixture
def for_a_third(drawn, carol) -> Case:
    store_second(case=drawn, by=carol, verdict="normal", comment="rotated")
    return drawn


def let_the_claim_end(case: Case) -> None:
    SecondReading.objects.filter(case=case).update(lease_until=timezone.now() - timedelta(minutes=1))


def decide(case: Case, by: Any, **said: Any) -> Opinion:
    case.refresh_from_db()
    return adjudicate(case=case, by=by, version=case.version, **{"comment": "overlap", "reason": "the skin", **said})


def post(browser: Any, name: str, case: Case, **said: Any) -> Any:
    return browser.post(reverse(name, args=[case.pk]), said)


# ---- the claim ----


def test_taking_locks_the_case_before_its_second_reading(drawn, carol):
    """Storing does so, too; in the other order PostgreSQL ends one of two that wait for each other."""
    with CaptureQueriesContext(connection) as asked:
        take(case=drawn, by=carol)

    reads = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    first = [next(n for n, sql in enumerate(reads) if f'FROM "{table}"' in sql) for table in TABLES]
    assert first == sorted(first)


def test_who_held_it_last_stores_after_the_claim_has_ended(drawn, carol, client_of):
    take(case=drawn, by=carol)
    let_the_claim_end(drawn)
    browser = client_of(carol)
    assert 'name="comment"' in browser.get(reverse("case", args=[drawn.pk])).content.decode()

    assert post(browser, "store_second", drawn, **TYPED).status_code == 302
    assert Opinion.objects.get().comment == TYPED["comment"]


def test_an_open_page_keeps_the_claim_until_another_has_it(drawn, carol, erin, client_of):
    browser = client_of(carol)
    assert post(browser, "keep_second", drawn).status_code == 409
    take(case=drawn, by=carol)
    assert reverse("keep_second", args=[drawn.pk]) in browser.get(reverse("case", args=[drawn.pk])).content.decode()
    let_the_claim_end(drawn)

    kept = post(browser, "keep_second", drawn)

    assert (kept.status_code, kept.json()["message"][:11]) == (200, "Yours until")
    assert SecondReading.objects.get().lease_until > timezone.now()
    let_the_claim_end(drawn)
    take(case=drawn, by=erin)
    lost = post(browser, "keep_second", drawn)
    assert (lost.status_code, "has ended" in lost.json()["message"]) == (409, True)
    assert SecondReading.objects.get().claimed_by == erin


# ---- refusals ----


def test_who_comes_after_another_has_taken_it_keeps_the_words(drawn, carol, erin, client_of):
    take(case=drawn, by=carol)
    let_the_claim_end(drawn)
    take(case=drawn, by=erin)

    answer = post(client_of(carol), "store_second", drawn, **TYPED)

    page = answer.content.decode()
    assert answer.status_code == 422
    for words in (TAKEN, TYPED["comment"], "uncertain"):
        assert words in page, words
    for kept_back in ("Bob", "left base", "0.05"):
        assert kept_back not in page.split("<main", 1)[1], kept_back


def test_a_refused_page_looks_for_changes_and_changes_its_language_at_the_case(drawn, carol, erin, client_of):
    take(case=drawn, by=erin)

    page = post(client_of(carol), "store_second", drawn, **TYPED).content.decode()

    # The address of the refusal itself takes no GET.
    assert f'data-live-fragment="/cases/{drawn.pk}/"' in page
    assert f'name="next" value="/cases/{drawn.pk}/"' in page


@pytest.mark.parametrize(("verdict", "state"), [("pneumonia", "done"), ("normal", "third")])
def test_who_comes_after_another_has_stored_keeps_the_words(verdict, state, drawn, carol, erin, client_of):
    take(case=drawn, by=carol)
    let_the_claim_end(drawn)
    store_second(case=drawn, by=erin, verdict=verdict, comment="")
    assert SecondReading.objects.get().state == state

    answer = post(client_of(carol), "store_second", drawn, **TYPED)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert MOVED_ON in page
    assert TYPED["comment"] in page
    assert Opinion.objects.count() == 1


def test_a_decision_that_comes_too_late_keeps_its_words(for_a_third, erin, dana, client_of):
    take(case=for_a_third, by=erin)
    decide(for_a_third, erin, verdict="normal")

    said = sign_form(for_a_third, **TYPED, reason="a second look", password="secret-of-erin")
    page = post(client_of(erin), "adjudicate", for_a_third, **said).content.decode()

    assert TYPED["comment"] in page
    assert "a second look" in page
    assert "secret-of-erin" not in page


def test_words_of_the_second_reading_are_not_put_into_the_form_of_the_third(for_a_third, erin, client_of):
    take(case=for_a_third, by=erin)

    page = post(client_of(erin), "store_second", for_a_third, **TYPED).content.decode()

    assert page.count(TYPED["comment"]) == 1
    assert 'name="reason"' in page


def test_the_signer_is_not_named_to_whom_the_reading_is_kept_from(a_case, bob, carol, erin, client_of):
    case = a_case(probability=0.05)
    version = case.version
    sign_case(case, bob, "normal")
    late = {**TYPED, "version": version}

    saved = post(client_of(carol), "read_case", case, **late).content.decode().split("<main", 1)[1]
    claimed = client_of(erin).post(reverse("claim_case", args=[case.pk]), follow=True).content.decode()

    assert TYPED["comment"] in saved
    for page in (saved, claimed):
        assert "Bob" not in page
        assert "is kept back until the second reading is over" in page


def test_a_decision_about_what_has_been_amended_since_is_not_taken(for_a_third, bob, erin, client_of):
    take(case=for_a_third, by=erin)
    for_a_third.refresh_from_db()
    said = sign_form(for_a_third, **TYPED, reason="a second look")
    words = {"verdict": "normal", "comment": "", "reason": "looked again"}
    services.amend(case=for_a_third, by=bob, version=for_a_third.version, **words)

    answer = post(client_of(erin), "adjudicate", for_a_third, **said)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The case has changed since you opened this page" in page
    assert TYPED["comment"] in page
    assert f'name="version" value="{said["version"] + 1}"' in page
    assert SecondReading.objects.get().state == "third"


# ---- findings ----


def test_the_third_reader_begins_with_the_signed_findings_once_the_case_is_in_hand(for_a_third, erin, client_of):
    browser, chosen = client_of(erin), '<option value="lobar" selected>'
    assert chosen not in browser.get(reverse("case", args=[for_a_third.pk])).content.decode()

    take(case=for_a_third, by=erin)

    assert browser.get(reverse("case", args=[for_a_third.pk])).content.decode().count(chosen) == 1


@pytest.mark.parametrize(("verdict", "findings"), [("uncertain", [LOBAR]), ("normal", []), ("pneumonia", [])])
def test_a_decision_amends_verdict_and_findings_as_they_were_said(verdict, findings, for_a_third, erin):
    decide(for_a_third, erin, verdict=verdict, findings=findings)

    newest = for_a_third.reports.latest("version")
    assert (newest.version, newest.reading.verdict, newest.reading.findings) == (2, verdict, findings)
    assert (newest.reading.comment, newest.reason) == ("overlap", "the skin")
    assert [row["en"] for row in newest.content["findings"]] == ([IN_WORDS] if findings else [])


def test_a_decision_for_the_signed_verdict_and_findings_amends_nothing(for_a_third, erin):
    decide(for_a_third, erin, verdict="pneumonia", findings=[LOBAR])

    assert for_a_third.reports.count() == 1
    assert Opinion.objects.get(kind="third").comment == "overlap"
