"""A picture in, a probability out, nothing kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from cases.models import Case, Trial
from inference.errors import reason

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def try_file(page: Page, path: Path) -> None:
    page.locator("#trial-upload input[type=file]").set_input_files(path)


def what_is_kept(clinic) -> tuple[int, int, list[Path]]:
    """Rows of trials, cases, and files of a trial."""
    folders = (settings.DATA_DIR / "objects" / "trials", settings.DATA_DIR / "trial-uploads")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return clinic.ask(Trial.objects.count), clinic.ask(Case.objects.count), files


def test_a_picture_gives_a_probability_and_nothing_is_kept(visit, clinic):
    _, cases, _ = what_is_kept(clinic)
    page = visit("bob")
    page.goto("/try/")

    try_file(page, clinic.draw("trial.dcm"))

    answer = page.locator(".trial-answer")
    expect(answer).to_be_visible()
    expect(answer.get_by_role("img")).to_be_visible()
    expect(answer.locator(".trial-band")).to_have_text(re.compile(r"^Pneumonia: (likely|uncertain|unlikely)$"))
    values = [float(text) for text in answer.locator(".trial-value").all_inner_texts()]
    assert len(values) == 2
    assert sum(values) == pytest.approx(1, abs=0.002)
    expect(answer).to_contain_text(str(clinic.model))
    assert what_is_kept(clinic) == (0, cases, [])


def test_what_is_no_picture_is_refused_in_words(visit, tmp_path):
    path = tmp_path / "chest.dcm"
    path.write_text("no picture")
    page = visit("alice")
    page.goto("/try/")

    try_file(page, path)

    expect(page.locator(".trial-refusal")).to_contain_text(reason("unknown_format").message("en"))


def test_the_trial_page_follows_the_language_switch(visit, clinic):
    page = visit("bob")
    page.goto("/")
    page.locator("summary", has_text="Bob").click()
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")

    page.goto("/try/")

    expect(page.get_by_role("heading", level=1)).to_have_text("영상 시험해 보기")
    try_file(page, clinic.draw("trial.jpg"))
    expect(page.locator(".trial-band")).to_have_text(re.compile("^폐렴: "))
    expect(page).to_have_title("영상 시험해 보기")
