"""What a reader relies on without thinking: a picture stays as it was turned, no key ends on the browser's own page."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from cases.models import Case, Radiograph
from cases.models.listed import copy_again
from cases.reading.services import claim, sign
from tests import making
from tests.browser.clinic import Clinic
from tests.making import PASSWORD
from tests.stack import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MAIN = "[data-picture]:not([hidden]) pneumo-viewer"
LIES = "v => `${v.orientation.rotate}${v.orientation.flip ? 'f' : ''}`"


def make_held(clinic: Clinic, name: str) -> int:
    """A case in the hands of a reader of one test alone."""
    reader = making.make_person(name, "radiologist")
    case = making.make_case(by=clinic.people["alice"], model=clinic.model, probability=0.8)
    return claim(case=case, by=reader).pk


def opened(page: Page, case_id: int) -> Page:
    page.goto(f"/cases/{case_id}/")
    expect(page.locator(f"{MAIN}[data-depth]")).to_be_visible()
    return page


def orientation(clinic: Clinic, case_id: int) -> str:
    return str(clinic.ask(lambda: Radiograph.objects.get(case=case_id).orientation))


def lies(page: Page) -> str:
    return str(page.locator(MAIN).evaluate(LIES))


def test_a_picture_stays_as_it_was_turned_for_the_next_reader_too(visit, clinic):
    held = clinic.ask(make_held, clinic, "ola")
    page = opened(visit.log_in("ola"), held)

    with page.expect_response(re.compile("/turn/$")) as kept:
        page.keyboard.press("r")
        page.keyboard.press("m")
    assert kept.value.status == 200
    assert orientation(clinic, held) == "270f"
    expect(page.locator("#sign img")).to_have_class("lies-270f")
    expect(page.locator("#model-side")).to_contain_text("before the picture was turned")

    opened(page, held)
    assert lies(page) == "270f"
    with page.expect_response(re.compile("/turn/$")):
        page.keyboard.press("Space")
    assert orientation(clinic, held) == ""


def test_a_turn_right_before_the_page_is_left_is_kept(visit, clinic):
    held = clinic.ask(make_held, clinic, "oda")
    page = opened(visit.log_in("oda"), held)
    page.keyboard.press("r")
    expect(page.locator("[data-turn] [name=orientation]")).to_have_value("90")  # drawn, and to be kept soon
    page.keyboard.press("w")
    expect(page).to_have_url(f"{clinic.address}/")
    wait_until(lambda: orientation(clinic, held) == "90", 20, "the turn kept")


def test_an_onlooker_turns_it_on_the_own_page_alone(visit, clinic):
    held = clinic.ask(make_held, clinic, "ota")
    page = opened(visit("carol"), held)
    page.keyboard.press("r")
    wait_until(lambda: lies(page) == "90", 20, "the picture turned")
    page.wait_for_timeout(1000)
    assert orientation(clinic, held) == ""


@pytest.mark.parametrize(("key", "ends_at"), [("n", r"/$"), ("c", r"/cases/\d+/$")])
def test_a_key_after_the_login_had_ended_leads_back_with_a_sentence(visit, clinic, key, ends_at):
    name = f"una{key}"
    clinic.ask(making.make_person, name, "radiologist")
    case = clinic.ask(lambda: making.make_case(by=clinic.people["alice"], model=clinic.model).pk)
    page = opened(visit.log_in(name), case)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    page.keyboard.press(key)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(re.compile(f"{clinic.address}{ends_at}"))
    expect(page.get_by_text("Nothing was done yet: the login had ended")).to_be_visible()
    assert clinic.ask(lambda: Case.objects.filter(claimed_by__username=name).exists()) is False


def test_uncertain_without_a_word_is_said_at_the_comment_and_one_phrase_mends_it(visit, clinic):
    held = clinic.ask(make_held, clinic, "uma")
    page = opened(visit.log_in("uma"), held)
    missing = page.locator("#comment-missing")
    read_back = page.get_by_role("dialog", name="Sign this report?")

    page.keyboard.press("u")
    page.keyboard.press("s")
    expect(missing).to_have_text(re.compile("Say in a few words"))
    expect(page.get_by_label("Comment")).to_be_focused()
    expect(page.get_by_label("Comment")).to_have_attribute("aria-invalid", "true")
    expect(read_back).to_have_count(0)

    page.keyboard.press("Escape")
    page.keyboard.press(";")
    expect(page.get_by_role("dialog", name="Phrases")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_label("Comment")).to_have_value(re.compile("^This picture alone"))
    expect(missing).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(read_back).to_be_visible()


def make_followed_up(clinic: Clinic, name: str) -> int:
    """A case in hand whose patient has three earlier ones, the newest of them signed."""
    reader = making.make_person(name, "radiologist")
    patient = making.make_patient(f"P-{name}", "FOLLOW^UP")
    known = {"by": clinic.people["alice"], "model": clinic.model, "patient": patient}
    days = [making.make_case(minutes_ago=1440 * days, seed=days, **known) for days in (3, 2, 1)]
    earlier = claim(case=days[-1], by=reader)
    said = "Opacity in the right lower zone. " + "No effusion. " * 20 + "Control in six weeks."
    line = [{"pattern": "lobar", "side": "right", "zone": ""}]
    sign(case=earlier, by=reader, version=earlier.version, verdict="pneumonia", comment=said, findings=line)
    return claim(case=making.make_case(probability=0.8, seed=9, **known), by=reader).pk


def test_the_earlier_report_is_read_whole_beside_the_picture_by_one_key(visit, clinic):
    held = clinic.ask(make_followed_up, clinic, "iva")
    page = opened(visit.log_in("iva"), held)

    page.keyboard.press("&")

    report = page.locator(".earlier details[open]")
    expect(report).to_contain_text("Control in six weeks.")
    expect(report).to_contain_text("lobar consolidation · right")
    expect(report.locator("li")).to_be_in_viewport()
    with page.context.expect_page() as beside:
        report.get_by_role("link", name="The report as a page").click()
    expect(beside.value).to_have_url(re.compile("/report/$"))
    expect(page).to_have_url(re.compile(f"/cases/{held}/$"))


def test_every_action_of_the_case_page_has_its_key(visit, clinic):
    held = clinic.ask(make_followed_up, clinic, "ivo")
    page = opened(visit.log_in("ivo"), held)
    buttons = page.locator("[data-beside-src]")

    page.keyboard.press("7")
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("8")
    expect(buttons.nth(2)).to_have_attribute("aria-pressed", "true")
    together = page.get_by_role("button", name="Zoom together")
    page.keyboard.press("j")
    expect(together).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("8")
    expect(together).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("[data-similar][open] #similar")).to_be_visible()  # what it shows pushes the history down
    page.keyboard.press("#")
    expect(page.locator("#history details[open]")).to_be_in_viewport()

    page.keyboard.press("?")
    sheet = page.locator("#key-sheet")
    for words in ("Second earlier picture", "Earlier report", "Critical result", "History", "most similar signed"):
        expect(sheet).to_contain_text(words)
    page.keyboard.press("Escape")
    page.keyboard.press("!")
    expect(page).to_have_url(re.compile(f"/cases/{held}/calls/"))


def make_blind(clinic: Clinic, name: str) -> int:
    held = make_held(clinic, name)
    Case.objects.filter(pk=held).update(read_blind=True)
    copy_again(Case.objects.get(pk=held))
    return held


def test_how_sure_a_blind_reader_is_takes_one_key(visit, clinic):
    held = clinic.ask(make_blind, clinic, "ika")
    page = opened(visit.log_in("ika"), held)
    for sure in ("high", "medium", "low", "high"):
        page.keyboard.press("*")
        expect(page.get_by_role("radio", name=sure)).to_be_checked()


def test_on_a_tablet_held_upright_a_case_is_read_and_signed_without_scrolling(visit, clinic):
    held = clinic.ask(make_held, clinic, "tablet")
    page = visit("tablet", viewport={"width": 820, "height": 1180}, has_touch=True)
    page.goto("/")
    frame = page.locator(".worklist-frame")
    assert frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")
    expect(page.locator("th.column-probability")).to_be_in_viewport(ratio=1)

    opened(page, held)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for seen in (page.locator(".viewer-stage"), page.get_by_label("not diagnostic"), page.get_by_label("Comment")):
        expect(seen.first).to_be_in_viewport(ratio=1)
    page.get_by_text("normal", exact=True).tap()
    sign_button = page.get_by_role("button", name="Sign")
    expect(sign_button).to_be_in_viewport(ratio=1)
    sign_button.tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign", exact=True).tap()
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    assert clinic.ask(lambda: Case.objects.get(pk=held).state) == "signed"
