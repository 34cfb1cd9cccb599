"""The third reader decides by keys: read back like a signature; and what a further reader types survives a log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cases.models import Case, Opinion, SecondReading, Site, User
from cases.reading.services import claim, sign
from cases.second.services import store_second, take
from tests import making
from tests.browser.clinic import Clinic
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LOBAR = {"pattern": "lobar", "side": "right", "zone": "lower"}


@pytest.fixture
def drawing(clinic) -> Iterator[None]:
    """A site that draws every normal."""
    clinic.ask(lambda: Site.objects.update_or_create(pk=1, defaults={"second_reading": True, "second_percent": 100}))
    yield
    clinic.ask(lambda: Site.objects.filter(pk=1).update(second_reading=False, second_percent=5))


def _make_drawn(clinic: Clinic) -> Case:
    """Signed by bob as normal, with a finding."""
    case = making.make_case(by=clinic.people["alice"], model=clinic.model, probability=0.02)
    case, bob = claim(case=case, by=clinic.people["bob"]), clinic.people["bob"]
    sign(case=case, by=bob, version=case.version, verdict="normal", comment="Clear.", findings=[LOBAR])
    return case


def _held_by(clinic: Clinic, name: str, stage: str) -> int:
    case = _make_drawn(clinic)
    if stage == "third":
        store_second(case=case, by=clinic.people["carol"], verdict="pneumonia", comment="White base.")
    reader = User.objects.filter(username=name).first() or making.make_person(name, "radiologist")
    return int(take(case=case, by=reader).case_id)


def opened(page: Page, case_id: int) -> Page:
    page.goto(f"/cases/{case_id}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    return page


def kept(page: Page) -> list[str]:
    return list(page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))"))


def decide_by_keys(page: Page) -> None:
    """Pneumonia, with the other reader's text and a reason; then the read-back."""
    page.keyboard.press("p")
    page.get_by_role("region", name=re.compile("Reader")).filter(has_text="White base.").get_by_role("button").click()
    page.keyboard.press("Escape")
    page.get_by_label("Reason").fill("A focus behind the heart.")
    page.get_by_label("Reason").blur()
    page.keyboard.press("s")


def test_a_decision_is_read_back_in_an_open_signing_session_too(visit, clinic, drawing):
    first, second = (clinic.ask(_held_by, clinic, "erin", "third") for _ in range(2))
    page = opened(visit.log_in("erin"), first)
    page.keyboard.press("p")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog", name="Sign this decision?")).to_be_hidden()  # the reason is missing

    decide_by_keys(page)
    dialog = page.get_by_role("dialog", name="Sign this decision?")
    for words in ("pneumonia", "White base.", "lobar consolidation · right · lower zone", "A focus behind the heart."):
        expect(dialog).to_contain_text(words)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("is stored.")).to_be_visible()

    decide_by_keys(opened(page, second))
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Password")).to_be_hidden()
    assert clinic.ask(lambda: SecondReading.objects.get(case=second).state) == "third"
    page.keyboard.press("Enter")
    expect(page.get_by_text("is stored.")).to_be_visible()

    newest = clinic.ask(lambda: Case.objects.get(pk=second).reports.select_related("reading").latest("version"))
    said = newest.reading
    assert (newest.version, said.verdict, said.comment, said.findings) == (2, "pneumonia", "White base.", [LOBAR])
    assert kept(page) == []


def test_what_a_second_reader_typed_survives_a_login_that_has_timed_out(visit, clinic, drawing):
    case_id = clinic.ask(_held_by, clinic, "frida", "second")
    page = opened(visit.log_in("frida"), case_id)
    page.keyboard.press("u")
    page.keyboard.press("c")
    page.keyboard.type("A shadow behind the heart?")
    page.keyboard.press("Escape")
    expect(page.locator("#autosave")).to_contain_text("Kept in this tab since")
    page.context.clear_cookies(name="sessionid")

    page.keyboard.press("s")
    page.get_by_label("User name").fill("frida")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(f"/cases/{case_id}/$"))
    page.get_by_role("button", name="Put them back").click()

    expect(page.get_by_label("Comment")).to_have_value("A shadow behind the heart?")
    expect(page.get_by_role("radio", name="uncertain")).to_be_checked()
    assert not clinic.ask(lambda: Opinion.objects.filter(case=case_id).exists())
    page.get_by_label("Comment").blur()
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(r"second=1$"))
    assert clinic.ask(lambda: Opinion.objects.get(case=case_id).comment) == "A shadow behind the heart?"
    assert kept(page) == []
