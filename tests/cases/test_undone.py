"""A button's address, asked for after a new login: a sentence on a page of ours, and nothing done."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from cases.models import Case, Event
from tests.cases.test_url_matrix import walk

PAGE = {"Accept": "text/html,application/xhtml+xml"}
OF_A_CASE = (
    *("claim_case", "release_case", "skip_case", "read_case", "keep_case", "score_anyway", "ask_heat_map"),
    *("store_opinion", "take_second", "store_second", "adjudicate", "rerun_case"),
)


@pytest.mark.parametrize("name", OF_A_CASE)
def test_it_leads_back_to_the_case_and_says_that_nothing_was_done(a_case, client_of, bob, name):
    case = a_case()
    before = Case.objects.values().get(pk=case.pk)
    answer = client_of(bob).get(reverse(name, args=[case.pk]), headers=PAGE, follow=True)
    assert [address for address, _status in answer.redirect_chain][-1] == reverse("case", args=[case.pk])
    assert answer.status_code == 200
    assert Case.objects.values().get(pk=case.pk) == before
    assert not Event.objects.filter(case=case).exclude(verb__in=["opened", "case_opened"]).exists()


def test_the_next_case_leads_to_the_worklist(a_case, client_of, bob):
    answer = client_of(bob).get(reverse("next_case"), headers=PAGE, follow=True)
    assert answer.redirect_chain == [(reverse("worklist"), 302)]
    assert "Nothing was done yet" in answer.content.decode()


def test_the_way_of_a_browser_whose_login_had_ended(a_case, bob):
    from tests.making import PASSWORD

    case, browser = a_case(), Client()
    asked = browser.post(reverse("claim_case", args=[case.pk]), headers=PAGE)
    answer = browser.post(asked["Location"], {"username": "bob", "password": PASSWORD}, headers=PAGE, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == reverse("case", args=[case.pk])
    assert "Nothing was done yet" in answer.content.decode()
    case.refresh_from_db()
    assert case.claimed_by is None


def test_what_no_button_sends_gets_a_page_of_ours_and_scripts_the_bare_answer(a_case, client_of, bob):
    address, client = reverse("case", args=[a_case().pk]), client_of(bob)
    page = client.post(address, headers=PAGE)
    assert page.status_code == 405
    assert page["Allow"]
    assert "Nothing was done" in page.content.decode()
    assert client.post(address, headers={"Accept": "application/json"}).content == b""


def test_nobody_without_a_login_is_told_anything_else(a_case):
    answer = Client().get(reverse("claim_case", args=[a_case().pk]), headers=PAGE)
    assert answer["Location"].startswith(reverse("login"))


def test_no_address_of_a_case_shows_a_browser_its_own_page(a_case, client_of, bob):
    case, client = a_case(), client_of(bob)
    for _name, pattern in walk(get_resolver()):
        if isinstance(pattern, URLPattern) and pattern.name and set(pattern.pattern.converters) == {"case_id"}:
            answer = client.get(reverse(pattern.name, args=[case.pk]), headers=PAGE)
            assert answer.status_code != 405, pattern.name
