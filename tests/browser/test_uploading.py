"""Files go in on one page, and the rows and the worklist of everybody change by themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inference.errors import reason

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STAYED = "window.stayed = true"  # gone when the page is loaded anew


def a_text_that_says_it_is_a_picture(folder: Path, name: str) -> Path:
    path = folder / name  # one of its own in each test: the page lists what was uploaded before
    path.write_text("Dear colleague, the picture follows by post.\n")
    return path


def open_worklist(visit, person: str) -> Page:
    page = visit(person)
    page.goto("/?state=all")
    expect(page.locator("#live-mark")).to_have_text("live")
    page.evaluate(STAYED)
    return page


def test_three_good_files_and_a_bad_one_each_go_their_own_way(visit, clinic, tmp_path):
    worklist = open_worklist(visit, "bob")
    page = visit("alice")
    page.goto("/upload/")
    good = [clinic.draw("one.jpg"), clinic.draw("two.png"), clinic.draw("three.dcm")]
    page.get_by_label("Priority").select_option("urgent")
    page.get_by_label("Clinical question").fill("Cough for a week. Infiltrate?")
    page.evaluate(STAYED)

    page.get_by_label("Drop X-rays here").set_input_files(
        [*good, a_text_that_says_it_is_a_picture(tmp_path, "letter.jpg")]
    )

    refused = page.locator("li.file", has_text="letter.jpg")
    expect(refused).to_contain_text("refused")
    expect(refused).to_contain_text(reason("unknown_format").message("en"))
    expect(refused).to_contain_text(reason("unknown_format").next_step("en"))
    for path in good:
        row = page.locator("li.file", has_text=path.name)
        expect(row).to_contain_text("ready")
        expect(row.locator("img")).to_be_visible()
        number = row.get_by_role("link", name=re.compile(r"^C-\d+$")).inner_text()
        seen = worklist.locator("tr", has_text=number)
        expect(seen).to_contain_text("ready")
        expect(seen).to_contain_text(re.compile("likely|uncertain|unlikely"))
        expect(seen).to_contain_text(str(clinic.model))
        expect(seen).to_contain_text("urgent")
    assert page.evaluate("window.stayed")
    assert worklist.evaluate("window.stayed")


def test_the_patient_of_a_dicom_file_is_the_one_in_its_header(visit, clinic):
    page = visit("alice")
    page.goto("/upload/")
    path = clinic.draw("of-header.dcm")

    page.get_by_label("Drop X-rays here").set_input_files(path)

    row = page.locator("li.file", has_text=path.name)
    expect(row).to_contain_text("ready")
    row.get_by_role("link", name=re.compile(r"^C-\d+$")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PHANTOM")
    expect(page.locator(".case-patient")).to_contain_text(f"PHANTOM-{path.name.split('-')[0]}")


def test_the_reason_of_a_refusal_is_in_the_language_of_the_page(visit, tmp_path):
    page = visit("alice", language="ko")
    page.goto("/upload/")

    page.locator("input[type=file]").set_input_files(a_text_that_says_it_is_a_picture(tmp_path, "brief.jpg"))

    refused = page.locator("li.file", has_text="brief.jpg")
    expect(refused).to_contain_text(reason("unknown_format").message("ko"))
    expect(refused).to_contain_text(reason("unknown_format").next_step("ko"))


def test_a_wrong_upload_is_corrected_and_then_withdrawn(visit, clinic):
    (case_id,) = clinic.bring_in(clinic.draw("wrong.jpg"), patient_id="P-77")
    page = visit("alice")
    page.goto("/uploads/")
    row = page.locator("li.file", has_text=f"C-{case_id:06d}")

    row.get_by_role("link", name="Correct").click()
    page.get_by_label("Name", exact=True).fill("Lee Minho")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_text(f"C-{case_id:06d} is corrected.")).to_be_visible()
    row.get_by_role("link", name="Withdraw").click()
    page.get_by_label("Reason").fill("The wrong patient was in the room.")
    page.get_by_role("button", name="Withdraw the case").click()

    expect(row).to_contain_text("withdrawn")
    expect(row.get_by_role("button", name="Restore")).to_be_visible()
