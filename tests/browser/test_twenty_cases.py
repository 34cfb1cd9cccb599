"""Case after case with the keyboard alone: few keys each, one confirmation, and the next case comes by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from cases.models import Report
from tests import making
from tests.browser.clinic import Clinic
from tests.browser.visits import Visits
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MOST_KEYS = 3
CASE = re.compile(r"/cases/(\d+)/$")


@dataclass
class Hands:
    """A keyboard that counts: the keys of each case, and those that answered the read-back."""

    page: Page
    keys: list[list[str]] = field(default_factory=list)
    confirmations: list[int] = field(default_factory=list)

    def press(self, key: str) -> None:
        self.keys[-1].append(key)
        self.page.keyboard.press(key)

    def confirm(self) -> None:
        """Enter on what the dialog offers first."""
        self.confirmations[-1] += 1
        self.page.keyboard.press("Enter")

    def read_normal(self, case_id: int) -> int:
        """Verdict, sign, confirm; the number of the case that comes next."""
        self.keys.append([])
        self.confirmations.append(0)
        self.press("o")
        expect(self.page.get_by_role("radio", name="normal", exact=True)).to_be_checked()
        self.press("s")
        dialog = self.page.get_by_role("dialog", name="Sign this report?")
        expect(dialog).to_contain_text(f"C-{case_id:06d}")
        expect(dialog.locator('[data-readback="verdict"]')).to_have_text("normal")
        expect(dialog.get_by_role("button", name="Sign and next")).to_be_focused()
        self.confirm()
        return next_case(self.page, case_id)


def next_case(page: Page, before: int) -> int:
    """The number of the case that is shown once it is another one, ready for keys."""
    expect(page).not_to_have_url(re.compile(f"/cases/{before}/"))
    expect(page).to_have_url(CASE)
    page.wait_for_load_state()  # keys are heard from then on
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    found = CASE.search(page.url)
    assert found
    return int(found[1])


def make_waiting(clinic: Clinic, count: int) -> None:
    """Urgent cases, so that they come before whatever else waits here."""
    patients = [making.make_patient(f"ROW-{number}") for number in range(count)]
    for patient in patients:
        making.make_case(patient=patient, priority="urgent", by=clinic.people["alice"], model=clinic.model)


def open_signing_session(page: Page) -> int:
    """The first case takes the password; the number of the next one."""
    page.goto("/")
    page.keyboard.press("n")
    first = next_case(page, 0)
    for key in ("o", "s"):
        page.keyboard.press(key)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    return next_case(page, first)


def read_in_a_row(clinic: Clinic, visit: Visits, reader: str, count: int) -> None:
    clinic.ask(making.make_person, reader, "radiologist")  # somebody new: no signing session is open
    page = visit.log_in(reader)
    clinic.ask(make_waiting, clinic, count + 2)  # one that opens the session, one that is left open
    hands, following = Hands(page), open_signing_session(page)
    seen = []
    for _ in range(count):
        seen.append(following)
        following = hands.read_normal(following)
    page.keyboard.press("l")  # the last one goes back
    expect(page).to_have_url(f"{clinic.address}/")

    assert len(set(seen)) == count
    assert max(len(keys) for keys in hands.keys) <= MOST_KEYS, hands.keys
    assert set(hands.confirmations) == {1}
    rows = Report.objects.filter(case_id__in=seen, signed_by__username=reader, reading__verdict="normal")
    assert clinic.ask(rows.count) == count


def test_three_normal_cases_take_few_keys_and_a_confirmation_each(clinic, visit):
    read_in_a_row(clinic, visit, "gina", 3)


@pytest.mark.long
def test_twenty_normal_cases_in_a_row(clinic, visit):
    read_in_a_row(clinic, visit, "hugo", 20)
