"""Two languages, two themes, on every page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.basics import problems_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAGES = {
    "alice": ["/", "/upload/", "/uploads/", "/models/", "/accounts/password/"],
    "bob": ["/", "/cases/{case}/", "/models/{model}/", "/try/"],
    "dana": ["/status/", "/admin/", "/admin/cases/case/", "/admin/cases/user/", "/admin/cases/modelversion/"],
}
EVERY = [(person, address) for person, addresses in PAGES.items() for address in addresses]


def choose(page: Page, name: str, words: str) -> None:
    """From the menu with the person's name."""
    page.locator("summary", has_text=name).click()
    page.get_by_role("button", name=words).click()


def test_the_pages_speak_korean_and_then_english_again(visit):
    page = visit("bob")
    page.goto("/models/")

    choose(page, "Bob", "한국어")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page).to_have_url(f"{visit.clinic.address}/models/")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("판독 대기 목록")
    choose(page, "Bob", "English")

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Worklist")


def test_the_theme_is_kept_from_page_to_page_and_on_the_trial_page(visit):
    page = visit("bob", color_scheme="light")
    page.goto("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    choose(page, "Bob", "Theme: dark")
    dark = page.evaluate(ground)
    page.goto("/models/")

    assert dark != light
    assert page.evaluate(ground) == dark
    page.goto("/try/")
    expect(page.locator("body")).to_have_class("dark")


@pytest.mark.parametrize(("person", "address"), EVERY)
def test_each_page_names_its_controls_and_shows_the_focus(visit, a_case_to_look_at, person, address):
    page = visit(person)
    page.goto(address.format(case=a_case_to_look_at, model=visit.clinic.model.pk))
    expect(page.get_by_role("heading", level=1).first).to_be_attached()

    assert problems_of(page) == []


@pytest.fixture(scope="module")
def a_case_to_look_at(clinic) -> int:
    return clinic.bring_in(clinic.draw("look.jpg"), patient_id="P-12", patient_name="Park Jiwoo")[0]
