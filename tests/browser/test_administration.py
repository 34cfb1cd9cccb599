"""An administrator decides which model runs, who may work, and what runs again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cases.models import Analysis, Case, ModelVersion
from cases.oversight.services import register_model
from cases.reading.services import claim
from inference.bundle import CARD, FACTS, NETWORK, write_bundle
from tests import making
from tests.stack import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def next_version(clinic, tmp_path) -> ModelVersion:
    """The model that ships once more, under another version: registered, not active."""
    home = Path(clinic.model.directory)
    facts = json.loads((home / FACTS).read_text())
    facts.pop("format")
    facts["version"] += "-next"
    bundle = write_bundle(tmp_path / "next", facts, (home / CARD).read_text(), (home / NETWORK).read_bytes())
    return clinic.ask(register_model, directory=bundle.directory, by=None)


def activate(page: Page, version: ModelVersion) -> None:
    """On the admin's page for it, with a reason."""
    page.goto("/admin/cases/modelversion/")
    row = page.locator("#result_list tbody tr", has_text=version.sha256[:16])
    row.get_by_role("link", name="activate", exact=True).click()
    page.get_by_label("Reason").fill("Agreed in the department's meeting.")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".messagelist")).to_contain_text(f"{version.version} is the version that runs.")


def choose_action(page: Page, row: str, action: str) -> None:
    """Tick one row of the list and do something with it."""
    page.get_by_role("checkbox", name=f"Select this object for an action - {row}", exact=True).check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Go", exact=True).click()


def test_the_activated_version_scores_what_comes_in(visit, clinic, next_version):
    page = visit("dana")

    activate(page, next_version)
    (case_id,) = clinic.bring_in(clinic.draw("new.jpg"))
    page.goto(f"/cases/{case_id}/")
    expect(page.locator("#model-side")).to_contain_text(str(next_version))

    activate(page, clinic.model)
    running = ModelVersion.objects.filter(active=True)
    assert clinic.ask(lambda: list(running)) == [clinic.model]


def test_a_closed_account_is_out_at_once_and_its_claims_are_free(visit, clinic):
    frank = clinic.ask(making.make_person, "frank", "radiologist")
    (case_id,) = clinic.bring_in(clinic.draw("held.jpg"))
    clinic.ask(lambda: claim(case=Case.objects.get(pk=case_id), by=frank))
    his = visit("frank")
    his.goto("/")
    page = visit("dana")
    page.goto("/admin/cases/user/")

    choose_action(page, "frank", "Close the account and free its claims")

    expect(page.locator(".messagelist")).to_contain_text("Accounts closed, their claims freed: 1")
    his.goto("/models/")
    expect(his.get_by_role("heading", level=1)).to_have_text("Log in")
    assert clinic.state_of(case_id) == "ready"


def test_a_case_that_is_run_again_gets_a_further_answer(visit, clinic):
    (case_id,) = clinic.bring_in(clinic.draw("again.jpg"))
    page = visit("dana")
    page.goto("/admin/cases/case/")

    choose_action(page, f"C-{case_id:06d}", "Run again")

    expect(page.locator(".messagelist")).to_contain_text("Run again: 1")
    page.goto(f"/cases/{case_id}/")
    expect(page.locator("#case-status")).to_contain_text("ready")
    page.locator("#history summary").click()
    expect(page.locator("#history")).to_contain_text("Dana asked for another run")
    rows = Analysis.objects.filter(radiograph__case_id=case_id, state="done")
    wait_until(lambda: clinic.ask(rows.count) == 2, 60, "the second answer")
