"""The line of the similar cases opens in place by keyboard; what could not be fetched is said and asked for again."""

from __future__ import annotations

from types import SimpleNamespace as Row

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route, expect

from cases.reading.similar import Similar
from tests.browser.own_pages import module, own_pages

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
HEAD = '<!doctype html><html lang="en"><title>A case</title><link rel="stylesheet" href="/static/cases/{}.css">'
SHEETS = '<link rel="stylesheet" href="/static/cases/parts.css"><link rel="stylesheet" href="/static/cases/case.css">'
LINE = """<h1>A case</h1><details class="small" data-similar="/cases/1/similar/" data-word-failed="Not loaded.">
<summary>The most similar signed cases</summary><p><a href="/cases/1/similar/">Open them as a page</a></p></details>
<div id="toasts" role="status"></div>"""


def page_of_neighbours() -> str:
    """As the server sends it, with five of them."""
    answer = Row(radiograph_id=3, thresholds={})
    case = Row(pk=2, number="C-000002", verdict="normal", top_probability=0.1, top_analysis=answer)
    row = Row(case=case, figure="0.991", age="4 years", is_nearly_the_same=False)
    similar = Similar((row,) * 5, "", "pneumonia 2.0.0", "0.720")
    return f"<main>{render_to_string('cases/_similar.html', {'similar': similar})}</main>"


@pytest.fixture
def opened(chromium: Browser):
    """A page with the line; the server's answers are taken from the list that comes with it."""
    answers: list[str | None] = []

    def answer(route: Route) -> None:
        body = answers.pop(0)
        route.fulfill(status=200 if body else 503, body=body or "", content_type="text/html")

    with own_pages(chromium) as open_html:
        html = HEAD.format("tokens") + SHEETS + f"<main>{LINE}</main>" + module("similar.js")
        yield open_html(html, {"/cases/1/similar/": answer}), answers


def press_the_line(page: Page) -> None:
    page.locator("summary").focus()
    page.keyboard.press("Enter")


def test_the_line_opens_in_place_by_keyboard_and_is_fetched_once(opened):
    page, answers = opened
    answers.append(page_of_neighbours())

    press_the_line(page)

    expect(page.locator("#similar li")).to_have_count(5)
    expect(page.locator("summary")).to_be_focused()
    expect(page.get_by_text("Open them as a page")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(page.locator("#similar a").first).to_be_focused()
    press_the_line(page)
    press_the_line(page)
    expect(page.locator("#similar li")).to_have_count(5)
    assert Axe().run(page, options={"preload": False}).violations_count == 0


def test_what_could_not_be_fetched_is_said_and_asked_for_again(opened):
    page, answers = opened
    answers += [None, page_of_neighbours()]

    press_the_line(page)
    expect(page.get_by_role("status")).to_have_text("Not loaded.")
    expect(page.get_by_role("link", name="Open them as a page")).to_be_visible()
    press_the_line(page)
    press_the_line(page)

    expect(page.locator("#similar li")).to_have_count(5)
