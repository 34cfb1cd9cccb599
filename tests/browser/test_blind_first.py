"""Read before the model is shown, signed, and read anew by a second reader: by keys, as two radiologists do it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cases.models import Opinion, SecondReading, Site
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
POLICIES = {"blind_first": "always", "second_reading": True, "second_percent": 100}
USUAL = {"blind_first": "off", "second_reading": False, "second_percent": 5}


@pytest.fixture
def strict(clinic) -> Iterator[None]:
    """A site that reads every case blind, and every normal twice."""
    clinic.ask(lambda: Site.objects.update_or_create(pk=1, defaults=POLICIES))
    yield
    clinic.ask(lambda: Site.objects.filter(pk=1).update(**USUAL))


def opened(page: Page, case_id: int) -> Page:
    page.goto(f"/cases/{case_id}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    return page


def test_opinion_model_signature_second_opinion(visit, clinic, strict):
    case_id = clinic.bring_in(clinic.draw("blind.jpg"), priority="urgent")[0]
    page = opened(visit.log_in("bob"), case_id)
    model = page.locator("#model-side")
    expect(model).to_contain_text("Read before the model is shown")
    expect(page.locator(".probability-figure")).to_have_count(0)

    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Store my opinion")).to_be_visible()
    page.keyboard.press("o")
    page.keyboard.press("s")
    expect(page.locator(".probability-figure")).to_be_visible()
    expect(model).not_to_contain_text("Read before the model is shown")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()  # keys are heard from then on

    page.keyboard.press("s")
    page.locator("#sign-password").fill(PASSWORD)
    page.locator("#sign").get_by_role("button", name="Sign", exact=True).click()
    expect(page).to_have_url(re.compile(r"/report/$"))

    page = opened(visit("carol"), case_id)
    expect(page.locator("#model-side")).to_contain_text("until the second reading is stored")
    expect(page.locator("#history li")).to_have_count(0)
    page.get_by_role("button", name="Take it as second reader").click()
    expect(page.get_by_role("button", name="Store my reading")).to_be_visible()
    page.keyboard.press("o")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"second=1"))

    said = clinic.ask(lambda: list(Opinion.objects.filter(case=case_id).order_by("pk").values_list("kind", "verdict")))
    assert said == [("blind", "normal"), ("second", "normal")]
    assert clinic.ask(lambda: SecondReading.objects.get(case=case_id).state) == "done"
