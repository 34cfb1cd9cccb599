"""What is typed is saved by itself, says how it stands, and survives a login that has timed out."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.models import Case, Reading
from cases.reading.services import claim, sign
from tests import making
from tests.browser.clinic import Clinic
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def held(clinic) -> int:
    """A case that bob has in hand."""
    return int(clinic.ask(_make_held, clinic))


def _make_held(clinic: Clinic, by: str = "bob") -> int:
    case = making.make_case(by=clinic.people["alice"], model=clinic.model)
    return claim(case=case, by=clinic.people.get(by) or making.make_person(by, "radiologist")).pk


def type_reading(page: Page) -> None:
    """A verdict and a text, by keyboard."""
    page.keyboard.press("u")
    page.keyboard.press("c")
    page.keyboard.type("A shadow behind the heart?")
    page.keyboard.press("Escape")


def saved_texts(clinic: Clinic, case_id: int) -> list[str]:
    rows = Reading.objects.filter(case_id=case_id).order_by("pk")
    return list(clinic.ask(lambda: list(rows.values_list("comment", flat=True))))


def log_in_again(page: Page) -> None:
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_the_line_tells_the_time_of_the_site_not_of_the_browser(visit, held):
    page = visit("bob")
    page.goto(f"/cases/{held}/")
    before = timezone.localtime()
    type_reading(page)
    told = page.locator("#autosave").inner_text()
    assert any(f"{moment:%H:%M}" in told for moment in (before, timezone.localtime())), told


def test_a_text_survives_a_login_that_has_timed_out(visit, clinic, held):
    page = visit("bob")
    page.goto(f"/cases/{held}/")
    type_reading(page)
    expect(page.locator("#autosave")).to_contain_text("Kept in this tab since")
    page.context.clear_cookies()

    page.keyboard.press("k")
    expect(page.locator("#autosave")).to_contain_text("Not saved: your login has ended.")
    page.get_by_role("link", name="Log in again").click()
    log_in_again(page)
    expect(page).to_have_url(re.compile(f"/cases/{held}/$"))
    page.get_by_role("button", name="Put them back").click()

    expect(page.get_by_label("Comment")).to_have_value("A shadow behind the heart?")
    expect(page.get_by_role("radio", name="uncertain")).to_be_checked()
    page.keyboard.press("k")
    expect(page.locator("#autosave")).to_contain_text("Saved at")
    page.reload()
    expect(page.get_by_label("Comment")).to_have_value("A shadow behind the heart?")
    expect(page.locator("#kept-words")).to_be_hidden()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))") == []
    assert saved_texts(clinic, held) == ["A shadow behind the heart?"]


def _make_signed(clinic: Clinic) -> int:
    case = Case.objects.get(pk=_make_held(clinic))
    sign(case=case, by=clinic.people["bob"], version=case.version, verdict="normal", comment="")
    return int(case.pk)


def test_an_amendment_survives_a_login_that_has_timed_out(visit, clinic):
    signed = clinic.ask(_make_signed, clinic)
    page = visit("bob")
    page.goto(f"/cases/{signed}/amend/")
    type_reading(page)
    page.get_by_label("Why is it amended?").fill("Seen again.")
    expect(page.locator("#autosave")).to_contain_text("Kept in this tab since")
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="Read back and sign").click()
    log_in_again(page)
    expect(page).to_have_url(re.compile(f"/cases/{signed}/amend/$"))
    page.get_by_role("button", name="Put them back").click()

    expect(page.get_by_label("Comment")).to_have_value("A shadow behind the heart?")
    expect(page.get_by_label("Why is it amended?")).to_have_value("Seen again.")
    page.get_by_role("button", name="Read back and sign").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("article.report").first).to_contain_text("A shadow behind the heart?")
    assert drafts(page) == []


def test_a_text_is_saved_by_itself_after_a_pause_and_can_be_signed_then(visit, clinic, held):
    page = visit("bob")
    page.clock.install()
    page.goto(f"/cases/{held}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    type_reading(page)
    assert saved_texts(clinic, held) == []

    page.clock.fast_forward(16_000)

    expect(page.locator("#autosave")).to_contain_text("Saved at")
    assert saved_texts(clinic, held) == ["A shadow behind the heart?"]
    version = clinic.ask(lambda: Case.objects.get(pk=held).version)
    expect(page.locator("#reading input[name=version]")).to_have_value(str(version))


def sign_in_dialog(page: Page, password: str = PASSWORD) -> None:
    """The read-back, confirmed."""
    page.keyboard.press("s")
    expect(page.get_by_role("dialog", name="Sign this report?")).to_be_visible()
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def drafts(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))"))


def test_a_text_whose_signature_the_server_never_took_is_kept(visit, clinic):
    held = clinic.ask(_make_held, clinic, "olga")
    page = visit.log_in("olga")
    page.goto(f"/cases/{held}/")
    type_reading(page)
    page.route(f"**/cases/{held}/sign/", lambda route: route.fulfill(status=200, body="The gateway has no answer."))
    sign_in_dialog(page)
    expect(page.get_by_text("The gateway has no answer.")).to_be_visible()

    page.goto("/")
    page.goto(f"/cases/{held}/")
    page.get_by_role("button", name="Put them back").click()

    expect(page.get_by_label("Comment")).to_have_value("A shadow behind the heart?")


def test_a_signed_case_leaves_no_words_in_the_tab_also_after_a_wrong_password(visit, clinic):
    held = clinic.ask(_make_held, clinic, "ulrich")
    page = visit.log_in("ulrich")
    page.goto(f"/cases/{held}/")
    type_reading(page)
    sign_in_dialog(page, "not the password")
    expect(page.get_by_text("The password is not right.")).to_be_visible()
    assert len(drafts(page)) == 1

    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()

    expect(page.locator("article.report")).to_contain_text("A shadow behind the heart?")
    assert drafts(page) == []


def test_whoever_logs_out_leaves_no_words_in_the_tab(visit, held):
    page = visit.log_in("bob")
    page.goto(f"/cases/{held}/")
    type_reading(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("summary", has_text="Bob").click()
    page.get_by_role("button", name="Log out").click()

    expect(page).not_to_have_url(re.compile(f"/cases/{held}/$"))
    page.wait_for_load_state()  # keys are heard from then on
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))") == []
    visit.logins.pop("bob")  # that session has ended
