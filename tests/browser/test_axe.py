"""axe-core finds nothing serious or critical on any page, light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cases.models import Case, SecondReading
from cases.models.listed import copy_again
from cases.reading.services import amend, claim, save_reading
from cases.reading.services import sign as sign_report
from cases.second.services import take
from tests import making
from tests.browser.clinic import Clinic
from tests.browser.shots import REMEMBER
from tests.browser.visits import Visits

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

GRAVE = {"serious", "critical"}
ALL = {"resultTypes": ["violations"], "preload": False}  # a preloaded sheet would be a style that our policy refuses
COLOURS = {**ALL, "runOnly": ["color-contrast"]}


@dataclass(frozen=True)
class Place:
    """A page, who looks at it, and what comes first: a key that is pressed, a thing that is waited for."""

    person: str
    address: str
    key: str = ""
    waits_for: str = ""
    is_sent: bool = False  # the key's button sends its form, as without JavaScript


PICTURE = "pneumo-viewer[data-ready]"
PLACES = (
    Place("", "/accounts/login/"),
    Place("", "/no-such-page/"),
    Place("bob", "/"),
    Place("bob", "/?state=signed"),
    Place("bob", "/cases/{mine}/", waits_for=PICTURE),
    Place("bob", "/cases/{mine}/", "s", "dialog#sign[open]"),
    Place("bob", "/cases/{mine}/", "?", "dialog#key-sheet[open]"),
    Place("bob", "/cases/{mine}/", "s", "form.card .readback", is_sent=True),
    Place("bob", "/cases/{mine}/calls/"),
    Place("bob", "/cases/{blind}/", waits_for=PICTURE),
    Place("bob", "/cases/{anew}/", waits_for=PICTURE),
    Place("bob", "/figures/"),
    Place("bob", "/cases/{not_scored}/", waits_for=PICTURE),
    Place("bob", "/cases/{failed}/"),
    Place("bob", "/cases/{signed}/"),
    Place("bob", "/cases/{signed}/report/"),
    Place("bob", "/cases/{signed}/amend/"),
    Place("bob", "/cases/999999/"),  # 404
    Place("bob", "/status/"),  # 403
    Place("bob", "/calls/"),
    Place("bob", "/models/"),
    Place("bob", "/models/{model}/"),
    Place("bob", "/try/", waits_for="#trial-upload"),
    Place("bob", "/workstation/"),
    Place("bob", "/phrases/"),
    Place("bob", "/cases/{mine}/", ";", "dialog#phrases[open]"),
    Place("bob", "/accounts/password/"),
    Place("alice", "/upload/"),
    Place("alice", "/uploads/"),
    Place("alice", "/cases/{next}/correct/"),
    Place("alice", "/cases/{next}/withdraw/"),
    Place("dana", "/status/"),
    Place("dana", "/figures/pairs/"),
    Place("dana", "/admin/"),
    Place("dana", "/admin/cases/case/"),
    Place("dana", "/admin/cases/user/"),
    Place("dana", "/admin/cases/user/add/"),
    Place("dana", "/admin/cases/site/"),
    Place("dana", "/admin/cases/modelversion/"),
    Place("dana", "/admin/cases/modelversion/{model}/activate/"),
)


@pytest.fixture(scope="module")
def numbers(clinic) -> dict[str, int]:
    """What the addresses name: cases as far as each can be, and the model."""
    return clinic.ask(_make_cases, clinic)


def _make_cases(clinic: Clinic) -> dict[str, int]:
    bob, alice, patient = clinic.people["bob"], clinic.people["alice"], making.make_patient("AXE-1")
    usual = {"by": alice, "model": clinic.model}
    rows = {name: making.make_case(patient=patient, **usual) for name in ("mine", "signed", "next")}
    rows |= {state: making.make_case(state=state, probability=None, **usual) for state in ("failed", "not_scored")}
    mine, signed = claim(case=rows["mine"], by=bob), claim(case=rows["signed"], by=bob)
    save_reading(case=mine, by=bob, verdict="pneumonia", comment="Right lower zone.", version=mine.version)
    sign_report(case=signed, by=bob, verdict="normal", comment="", version=signed.version)
    signed.refresh_from_db()
    amend(case=signed, by=bob, verdict="normal", comment="Clear.", reason="words", version=signed.version)
    rows["blind"] = claim(case=making.make_case(read_blind=True, **usual), by=bob)
    rows["anew"] = _read_anew(making.make_case(patient=patient, **usual), clinic)
    return {name: row.pk for name, row in rows.items()} | {"model": clinic.model.pk}


def _read_anew(case: Case, clinic: Clinic) -> Case:
    """Signed by carol, in bob's hand for a second reading; another one that is done stands in the figures."""
    bob, carol = clinic.people["bob"], clinic.people["carol"]
    done = making.make_case(state="ready", model=clinic.model)
    for row, state in ((case, "second"), (done, "done")):
        row = claim(case=row, by=carol)
        sign_report(case=row, by=carol, verdict="normal", comment="", version=row.version)
        told = {"state": state, "why": "share", "first_reader": carol}
        told |= (
            {"second_reader": bob, "second_verdict": "normal", "signed_verdict": "normal"} if state == "done" else {}
        )
        SecondReading.objects.create(case=row, **told)
        copy_again(row)
    take(case=case, by=bob)
    return case


def grave(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe-core finds that keeps somebody out: the rule, the element, what it says."""
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


# Every colour is a token with a light and a dark value: these pages show them all, the long test looks at every page.
LIGHT = {
    *("/accounts/login/", "/", "/cases/{mine}/", "/cases/{signed}/report/", "/try/", "/uploads/", "/admin/cases/case/"),
}


def look_over(
    visit: Visits, numbers: dict[str, int], person: str, look: tuple[str, str], options: Any, among: Any = PLACES
) -> Any:
    """What is grave on each page of a person; a browser for each theme: the admin's colours glide between the two."""
    language, theme = look
    page = visit(person, language=language, color_scheme=theme)
    page.context.add_init_script(REMEMBER.format(theme=theme))
    found = {}
    for place in [place for place in among if place.person == person]:
        page.goto(place.address.format(**numbers))
        if place.is_sent:
            page.locator(f"[data-key={place.key}]").evaluate("button => button.form.requestSubmit(button)")
        elif place.key:
            page.keyboard.press(place.key)
        if place.waits_for:
            expect(page.locator(place.waits_for).first).to_be_visible()
        found[f"{place.address} {place.key} {place.waits_for}"] = grave(page, options)
    return {name: problems for name, problems in found.items() if problems}


PEOPLE = pytest.mark.parametrize("person", ["", "bob", "alice", "dana"])


@PEOPLE
def test_nothing_serious_stands_between_a_page_and_its_people(visit, numbers, person: str):
    some = [place for place in PLACES if place.address in LIGHT and not place.key]

    assert look_over(visit, numbers, person, ("en", "dark"), ALL) == {}
    assert look_over(visit, numbers, person, ("en", "light"), COLOURS, some) == {}


@pytest.mark.long
@PEOPLE
@pytest.mark.parametrize("look", [("en", "light"), ("ko", "light"), ("ko", "dark")])
def test_nothing_serious_stands_there_in_any_other_look(visit, numbers, person: str, look: tuple[str, str]):
    assert look_over(visit, numbers, person, look, ALL) == {}
