"""The next case, the reading, the signature and the amendment, as a radiologist does them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from cases.models import Report
from tests.making import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def three_waiting(clinic) -> list[int]:
    """Cases that are ready to be read, urgent: others may wait beside them."""
    files = [clinic.draw(name) for name in ("a.jpg", "b.png", "c.dcm")]
    return clinic.bring_in(*files, priority="urgent", clinical_question="Infiltrate?")


def case_of(page: Page) -> int:
    """The number of the case that the page shows."""
    expect(page).to_have_url(re.compile(r"/cases/\d+/$"))
    found = re.search(r"/cases/(\d+)/$", page.url)
    assert found
    return int(found[1])


def row_in(worklist: Page, case_id: int):
    return worklist.locator(f"#case-{case_id}")


def signed_by(clinic, case_id: int) -> list[tuple[str, str]]:
    """Who signed which verdict, version by version."""
    rows = Report.objects.filter(case_id=case_id).order_by("version")
    return clinic.ask(lambda: list(rows.values_list("signed_by__username", "reading__verdict")))


def test_the_next_case_is_read_saved_signed_and_amended(visit, clinic, three_waiting):
    onlooker = visit("carol")
    onlooker.goto("/?priority=urgent")
    expect(onlooker.locator("#live-mark")).to_have_text("live")
    onlooker.evaluate("window.stayed = true")
    page = visit.log_in("bob")  # anew: no signing session is open

    page.get_by_role("button", name="Next case").click()
    first = case_of(page)
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    expect(page.locator("#model-side")).to_contain_text(re.compile(r"Probability of pneumonia|Score for pneumonia"))
    expect(page.locator("#model-side")).to_contain_text(clinic.model.name)
    expect(row_in(onlooker, first)).to_contain_text("claimed")
    expect(row_in(onlooker, first)).to_contain_text("Bob")

    page.locator("label.choice", has_text=re.compile("^pneumonia")).click()
    page.get_by_label("Comment").fill("Opacity in the right lower zone.")
    page.get_by_label("About the model's answer").select_option("artefact")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_have_text("Saved; not signed yet.")
    expect(row_in(onlooker, first)).to_contain_text("read, not signed")

    page.get_by_role("button", name=re.compile("^Sign")).click()
    dialog = page.get_by_role("dialog", name="Sign this report?")
    expect(dialog).to_contain_text(f"C-{first:06d}")
    expect(dialog.locator('[data-readback="verdict"]')).to_have_text("pneumonia")
    expect(dialog.locator('[data-readback="comment"]')).to_have_text("Opacity in the right lower zone.")
    expect(dialog.locator('[data-readback="about-model"]')).to_contain_text("something harmless")
    expect(dialog.get_by_role("img").first).to_be_visible()
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign and next").click()

    expect(page).not_to_have_url(re.compile(f"/cases/{first}/"))
    page.wait_for_load_state()  # keys are heard from then on
    second = case_of(page)
    expect(row_in(onlooker, first)).to_have_count(0)
    assert onlooker.evaluate("window.stayed")
    page.locator("label.choice", has_text=re.compile("^normal")).click()
    page.get_by_role("button", name=re.compile("^Sign")).click()
    expect(dialog.get_by_label("Password")).to_be_hidden()  # the signing session is open
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(page).to_have_url(re.compile(f"/cases/{second}/report/"))
    expect(page.locator("article.report")).to_contain_text("matches the content")

    page.goto(f"/cases/{first}/report/")
    page.get_by_role("link", name="Amend").click()
    page.locator("label.choice", has_text=re.compile("^normal")).click()
    page.get_by_label("Comment").fill("Superimposed shadow; no infiltrate.")
    page.get_by_label("Why is it amended?").fill("Seen again with the earlier picture.")
    page.get_by_role("button", name="Read back and sign").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign this amendment?")
    expect(page.locator(".readback")).to_contain_text("Seen again with the earlier picture.")
    page.get_by_role("button", name="Sign", exact=True).click()

    versions = page.locator("article.report")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("Superimposed shadow; no infiltrate.")
    expect(versions.last).to_contain_text("Opacity in the right lower zone.")
    assert signed_by(clinic, first) == [("bob", "pneumonia"), ("bob", "normal")]
    assert signed_by(clinic, second) == [("bob", "normal")]
    assert clinic.state_of(first) == "amended"


def test_a_case_is_read_and_signed_with_the_keyboard_alone(visit, clinic, three_waiting):
    page = visit.log_in("bob")
    page.locator("#case-" + str(three_waiting[0])).wait_for()

    page.keyboard.press("n")
    case_id = case_of(page)
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    page.keyboard.press("i")
    expect(page.locator("[data-view=invert]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(page.get_by_role("radio", name="uncertain")).to_be_checked()
    page.keyboard.press("c")
    page.keyboard.type("Perhaps a shadow behind the heart; a lateral view would help. n s")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Sign this report?")
    expect(dialog.locator('[data-readback="verdict"]')).to_have_text("uncertain")
    expect(dialog.locator('[data-readback="about-model"]')).to_be_hidden()  # nothing was said of it
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).not_to_have_url(re.compile(f"/cases/{case_id}/"))
    page.wait_for_load_state()  # keys are heard from then on
    assert signed_by(clinic, case_id) == [("bob", "uncertain")]
    following = case_of(page)
    page.keyboard.press("l")
    expect(page).to_have_url(f"{clinic.address}/")
    assert clinic.state_of(following) == "ready"


def test_whoever_comes_second_is_told_who_has_the_case(visit, clinic):
    (case_id,) = clinic.bring_in(clinic.draw("one.jpg"))
    bob, carol = visit.log_in("bob"), visit("carol")
    bob.goto(f"/cases/{case_id}/")
    bob.get_by_role("button", name="Take this case").click()
    expect(bob.get_by_role("button", name="Save")).to_be_visible()

    carol.goto(f"/cases/{case_id}/")

    expect(carol.locator("#case-status")).to_contain_text("Bob has it until")
    expect(carol.get_by_role("button", name="Take this case")).to_have_count(0)
    bob.get_by_role("button", name="Release").click()
    expect(carol.get_by_role("button", name="Take this case")).to_be_visible()
