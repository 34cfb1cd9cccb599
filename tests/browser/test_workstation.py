"""The workstation as a radiologist has it: full depth, an earlier picture beside, the next one at once, own keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case
from cases.reading.services import release

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MAIN = "[data-picture] pneumo-viewer"
ZOOM = "v => v.view.scale / v.fitScale()"
INVERT = f"{MAIN} [data-view=invert]"
KIM = {"patient_id": "WS-1", "patient_name": "WORK^STATION"}


@pytest.fixture(scope="module")
def cases(clinic) -> list[int]:
    """Three urgent ones of one patient: 16 bits, 12 bits, 8 bits."""
    files = [clinic.draw(name) for name in ("a.png", "b.dcm", "c.jpg")]
    return clinic.bring_in(files[0], files[2], priority="urgent", **KIM) + clinic.bring_in(files[1], priority="urgent")


@pytest.fixture
def reading(visit, clinic, cases) -> Any:
    """The first case in carol's hands; she gives back what she holds at the end."""
    page = visit("carol")
    page.goto(f"/cases/{cases[0]}/")
    page.get_by_role("button", name=re.compile("^Take this case|^Take")).first.click()
    expect(page.locator(f"{MAIN}[data-depth]")).to_be_visible()
    yield page
    clinic.ask(give_back, clinic.people["carol"])


def give_back(person: Any) -> None:
    for case in Case.objects.filter(claimed_by=person):
        release(case=case, by=person)


def test_all_16_bits_come_and_a_picture_of_eight_says_nothing_of_bits(reading, cases):
    expect(reading.locator(MAIN)).to_have_attribute("data-depth", "full")
    expect(reading.get_by_text("all 16 bits")).to_be_visible()
    reading.goto(f"/cases/{cases[1]}/")
    expect(reading.locator(MAIN)).to_have_attribute("data-depth", "8")
    expect(reading.get_by_text(re.compile("of the .* bits|all .* bits"))).to_have_count(0)


def zoom_of(page: Page, viewer: str) -> float:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return float(page.locator(viewer).evaluate(ZOOM))


def test_an_earlier_picture_lies_beside_and_zooms_along(reading):
    reading.keyboard.press("b")
    expect(reading.locator(".beside pneumo-viewer[data-depth]")).to_be_visible()
    reading.keyboard.press("f")
    for _ in range(3):
        reading.keyboard.press("+")
    expect(reading.locator(MAIN)).to_be_visible()
    assert zoom_of(reading, MAIN) == pytest.approx(1.25**3, rel=0.01)
    assert zoom_of(reading, ".beside pneumo-viewer") == pytest.approx(1.25**3, rel=0.01)
    reading.get_by_role("button", name="Zoom together").click()
    reading.keyboard.press("f")
    assert zoom_of(reading, MAIN) == pytest.approx(1, rel=0.01)
    assert zoom_of(reading, ".beside pneumo-viewer") == pytest.approx(1.25**3, rel=0.01)
    reading.keyboard.press("b")
    expect(reading.locator(".beside pneumo-viewer")).to_have_count(0)


def test_the_next_picture_is_fetched_ahead_and_comes_from_memory(reading):
    expect(reading.locator("[data-ahead-url]")).to_have_attribute("data-kept", re.compile("[12]"))
    ahead = reading.evaluate("fetch('/cases/next/pictures/').then(answer => answer.json())")["pictures"]
    for address in ahead:
        reading.context.route(re.compile(f"{address}$"), lambda route: route.abort())
    reading.keyboard.press("x")
    expect(reading.locator(f"{MAIN}[data-depth]")).to_be_visible()
    assert reading.locator(f"{MAIN} img").get_attribute("src") == ahead[0]
    assert reading.locator(MAIN).get_attribute("data-depth") == ("full" if len(ahead) > 1 else "8")


def test_own_keys_take_the_place_of_the_products(reading, cases):
    reading.goto("/workstation/")
    field = reading.get_by_label("Invert")
    field.focus()
    reading.keyboard.press("~")
    expect(field).to_have_value("~")
    reading.get_by_role("button", name="Keep").click()
    expect(reading.get_by_text("Keys and mouse are kept.")).to_be_visible()
    reading.goto(f"/cases/{cases[0]}/")
    expect(reading.locator(f"{MAIN}[data-depth]")).to_be_visible()
    reading.keyboard.press("i")
    expect(reading.locator(INVERT)).to_have_attribute("aria-pressed", "false")
    reading.keyboard.press("~")
    expect(reading.locator(INVERT)).to_have_attribute("aria-pressed", "true")
    reading.get_by_label("Comment").fill("")
    reading.keyboard.press("~")
    expect(reading.locator(INVERT)).to_have_attribute("aria-pressed", "true")
    expect(reading.get_by_label("Comment")).to_have_value("~")
    reading.goto("/workstation/")
    reading.get_by_role("button", name="Back to the keys").click()
    expect(reading.get_by_label("Invert")).to_have_value("")


INSIDE = """() => [...document.querySelectorAll('.key-groups legend')].map(legend =>
  legend.getBoundingClientRect().top - legend.parentElement.getClientRects()[0].top)"""


def test_the_settings_fit_a_tablet_in_korean_and_a_refused_key_is_marked(visit):
    page = visit("bob", language="ko", viewport={"width": 820, "height": 1180})
    page.goto("/workstation/")
    assert page.evaluate("document.documentElement.scrollWidth") == 820
    assert min(page.evaluate(INSIDE)) >= 8  # each heading lies in its card, not on the border
    refused = page.locator("input[name=key-i]")
    refused.fill("f")
    page.locator("form.form .button-primary").click()
    expect(refused).to_have_attribute("aria-invalid", "true")
    expect(refused).to_have_css("border-top-width", "2px")
