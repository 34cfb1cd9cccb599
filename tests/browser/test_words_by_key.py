"""Findings, phrases and the clipboard without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from cases.phrases.services import keep_phrase
from cases.reading.services import claim
from cases.viewing.services import set_workstation
from tests import making
from tests.browser.clinic import Clinic
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def make_held(clinic: Clinic) -> int:
    """A case in hand, of a reader of this test alone with two phrases."""
    ida = making.make_person("ida", "radiologist")
    keep_phrase(by=ida, name="follow-up", text="Control in six weeks.")
    keep_phrase(by=ida, name="clear", text="Clear lungs.", verdict="normal")
    case = making.make_case(by=clinic.people["alice"], model=clinic.model)
    return claim(case=case, by=ida).pk


def make_swapped(clinic: Clinic) -> int:
    """A case in hand, of a reader of this test alone with two phrases, whose keys 1 and 2 have changed places."""
    ina = making.make_person("ina", "radiologist")
    set_workstation(keys={"1": "2", "2": "1"}, mouse={}, by=ina)
    for text in ("first words", "second words"):
        keep_phrase(by=ina, name=text, text=text)
    case = making.make_case(by=clinic.people["alice"], model=clinic.model)
    return claim(case=case, by=ina).pk


def test_the_figure_beside_a_phrase_is_its_key_whatever_the_readers_own_keys(visit, clinic):
    held = clinic.ask(make_swapped, clinic)
    page = visit.log_in("ina")
    page.goto(f"/cases/{held}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()

    page.keyboard.press(";")
    dialog = page.get_by_role("dialog", name="Phrases")
    page.evaluate("document.dispatchEvent(new Event('live:update'))")
    expect(dialog.locator("[data-phrase] kbd:not(:empty)")).to_have_text(["1", "2"])
    chosen = dialog.locator("[data-phrase]").first.get_attribute("data-phrase")
    page.keyboard.press("1")

    expect(page.get_by_label("Comment")).to_have_value(chosen)


def test_findings_a_phrase_and_the_clipboard_need_no_mouse(visit, clinic):
    held = clinic.ask(make_held, clinic)
    page = visit.log_in("ida")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/cases/{held}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()

    page.keyboard.press("p")
    for code in ("lobar", "effusion"):
        page.keyboard.press("t")
        focused = page.locator("select:focus")
        focused.select_option(code)
        page.keyboard.press("Tab")
        page.keyboard.press("r")  # the list's own search: "right"
        page.keyboard.press("Escape")
    expect(page.locator("[data-finding]")).to_have_count(3)

    page.keyboard.press(";")
    dialog = page.get_by_role("dialog", name="Phrases")
    expect(dialog.get_by_role("button", name=re.compile("follow-up"))).to_be_visible()
    expect(dialog.get_by_role("button", name=re.compile("^.?clear"))).to_have_count(0)  # of another verdict
    page.keyboard.press("1")
    expect(page.get_by_label("Comment")).to_have_value("Control in six weeks.")
    page.keyboard.press("Escape")
    page.keyboard.press("'")
    expect(page.locator("#toasts")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines() == [
        "pneumonia",
        "lobar consolidation · right",
        "pleural effusion · right",
        "Control in six weeks.",
    ]

    page.keyboard.press("s")
    read_back = page.get_by_role("dialog", name="Sign this report?")
    expect(read_back.locator('[data-readback="findings"]')).to_contain_text("pleural effusion · right")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(f"/cases/{held}/$"))
    page.wait_for_load_state()  # keys are heard from then on
    page.goto(f"/cases/{held}/report/")
    expect(page.locator("article.report")).to_contain_text("lobar consolidation · right")
