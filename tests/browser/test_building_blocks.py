"""The modules of the pages in a real Chromium, on pages made for the test, which answers every request itself."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser.own_pages import module, own_pages

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (apt-get install chromium)"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    with own_pages(chromium) as open_html:
        yield open_html


KEYS = (
    '<button data-key="s">Sign</button><textarea></textarea><p>0</p>'
    f'{module("keys.js")}<script type="module" src="/count.js"></script>'
)
COUNT = {
    "/count.js": lambda route: route.fulfill(
        content_type="text/javascript",
        body="document.querySelector('button').onclick = () => { const p = document.querySelector('p');"
        " p.textContent = Number(p.textContent) + 1; };",
    )
}


@pytest.mark.parametrize(
    ("event", "clicks"),
    [
        ({"key": "s", "code": "KeyS"}, "1"),
        ({"key": "ㄴ", "code": "KeyS"}, "1"),
        ({"key": "S", "code": "KeyS", "shiftKey": True}, "1"),
        ({"key": "s", "code": "KeyS", "isComposing": True}, "0"),
        ({"key": "Process", "code": "KeyS", "keyCode": 229}, "0"),
        ({"key": "s", "code": "KeyS", "ctrlKey": True}, "0"),
        ({"key": "x", "code": "KeyX"}, "0"),
    ],
)
def test_a_key_presses_its_button_but_not_while_korean_is_composed(open_page, event, clicks):
    page = open_page(KEYS, COUNT)
    page.evaluate(
        "event => document.body.dispatchEvent(new KeyboardEvent('keydown', {...event, bubbles: true}))", event
    )
    assert page.inner_text("p") == clicks


def test_a_key_rests_while_somebody_types(open_page):
    page = open_page(KEYS, COUNT)
    page.focus("textarea")
    page.keyboard.press("s")
    assert page.inner_text("p") == "0"
    assert page.input_value("textarea") == "s"


def rows(*names: str) -> str:
    cells = [f'<tr id="case-{n}"><td><a class="row-link" href="#{n}">{n}</a></td></tr>' for n in names]
    head = '<!doctype html><input id="away"><table><tbody id="rows" data-live-part data-live-rows>'
    return f"{head}{''.join(cells)}</tbody></table>"


UPDATE = """async (html) => { const {update} = await import('/static/cases/live.js');
    update(document, new DOMParser().parseFromString(html, 'text/html')); }"""


def order(page: Page) -> list[str]:
    return page.locator("#rows a").all_inner_texts()


def test_a_list_takes_the_new_order_and_forgets_what_is_gone(open_page):
    page = open_page(rows("1", "2", "3"))
    page.evaluate(UPDATE, rows("9", "3", "1"))
    assert order(page) == ["9", "3", "1"]


def test_the_row_with_the_focus_stays_in_its_place_and_keeps_the_focus(open_page):
    page = open_page(rows("1", "2", "3"))
    page.focus("#case-2 a")
    page.evaluate(UPDATE, rows("8", "9", "1", "2", "3"))
    assert order(page) == ["8", "2", "9", "1", "3"]
    assert page.evaluate("document.activeElement.textContent") == "2"


def test_the_row_under_the_pointer_stays_even_when_its_case_has_left_the_list(open_page):
    page = open_page(rows("1", "2", "3"))
    page.hover("#case-2 a")
    page.evaluate(UPDATE, rows("1", "3"))
    assert order(page) == ["1", "2", "3"]
    assert "row-gone" in page.get_attribute("#case-2", "class")


def test_what_a_reader_has_unfolded_stays_so_when_its_content_changes(open_page):
    def history(word: str) -> str:
        folded = "<details><summary>More</summary><p>more</p></details>"
        changing = f"<details><summary>{word}</summary></details>"
        return f'<!doctype html><section id="h" data-live-part>{changing}{folded}</section>'

    page = open_page(history("one event"))
    page.click("summary:text-is('one event')")
    page.evaluate("document.activeElement.blur()")  # what has the focus is left as it is
    page.evaluate(UPDATE, history("two events"))
    assert page.locator("details[open] > summary").all_inner_texts() == ["two events"]


def test_a_part_that_the_server_says_again_is_left_as_scripts_have_made_it(open_page):
    part = '<p id="n" data-live-part data-live-fragment="/part">old</p>'
    answers = [part, part.replace("old", "new")]
    page = open_page(
        part + module("live.js"), {"/part": lambda route: route.fulfill(content_type="text/html", body=answers.pop(0))}
    )
    page.wait_for_selector("#n[data-live-fragment]")
    page.evaluate("document.getElementById('n').innerHTML += ' and <b>ours</b>'")
    page.evaluate("document.addEventListener('live:update', () => document.body.append(document.createElement('hr')))")
    page.wait_for_selector("hr", state="attached", timeout=8000)
    assert page.inner_text("#n") == "old and ours"
    page.wait_for_selector("#n:text-is('new')", timeout=8000)


def test_what_changed_arrives_by_the_poll_where_there_is_no_stream(open_page):
    head = '<p id="n" data-live-part data-live-fragment="/part">old</p>'
    part = {"/part": lambda route: route.fulfill(content_type="text/html", body='<p id="n">new</p>')}
    page = open_page(head + module("live.js"), part)
    page.wait_for_selector("#n:text-is('new')", timeout=8000)


def picture() -> bytes:
    """200 x 100, white in the upper left quarter."""
    image = Image.new("L", (200, 100), 60)
    image.paste(200, (0, 0, 100, 50))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def viewer(open_page) -> Page:
    html = render_to_string("cases/_viewer.html", {"src": "/picture.png", "alt": "phantom"})
    sheets = "".join(f'<link rel="stylesheet" href="/static/cases/{n}.css">' for n in ("tokens", "app", "reading"))
    page = open_page(
        f"<!doctype html><html data-script>{sheets}<body>{html}{module('viewer.js')}{module('keys.js')}</body></html>",
        {"/picture.png": lambda route: route.fulfill(content_type="image/png", body=picture())},
    )
    page.wait_for_selector("pneumo-viewer[data-ready]")
    return page


GREY = """([x, y]) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
    const viewer = document.querySelector('pneumo-viewer'), copy = document.createElement('canvas');
    copy.width = viewer.canvas.width; copy.height = viewer.canvas.height;
    const context = copy.getContext('2d'); viewer.draw(); context.drawImage(viewer.canvas, 0, 0);
    const {view, size} = viewer; const turned = view.rotate % 180 !== 0;
    const w = (turned ? size.height : size.width) * view.scale, h = (turned ? size.width : size.height) * view.scale;
    done(context.getImageData(view.x + x * w / 2, view.y + y * h / 2, 1, 1).data[0]); })))"""


def white_corner(page: Page) -> tuple[int, int]:
    """Where the white quarter is on the screen: (-1, -1) is the upper left."""
    found = [(x, y) for x in (-1, 1) for y in (-1, 1) if page.evaluate(GREY, [x / 2, y / 2]) > 150]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("keys", "corner", "orientation"),
    [
        ("", (-1, -1), {"rotate": 0, "flip": False}),
        ("r", (1, -1), {"rotate": 90, "flip": False}),
        ("rr", (1, 1), {"rotate": 180, "flip": False}),
        ("m", (1, -1), {"rotate": 0, "flip": True}),
        ("rm", (-1, -1), {"rotate": 270, "flip": True}),
        ("rmm", (1, -1), {"rotate": 90, "flip": False}),
        ("rmr ", (-1, -1), {"rotate": 0, "flip": False}),
    ],
)
def test_turning_and_mirroring_are_what_the_reader_sees(viewer, keys, corner, orientation):
    for key in keys:
        viewer.keyboard.press("Space" if key == " " else key)
    assert white_corner(viewer) == corner
    assert viewer.evaluate("document.querySelector('pneumo-viewer').orientation") == orientation


def test_inverting_and_windowing_change_the_grey_levels_as_computed(viewer):
    assert abs(viewer.evaluate(GREY, [-0.5, -0.5]) - 200) <= 1
    viewer.keyboard.press("i")
    assert abs(viewer.evaluate(GREY, [-0.5, -0.5]) - 55) <= 1
    viewer.keyboard.press("i")
    viewer.evaluate("document.querySelector('pneumo-viewer').set({centre: 200, width: 100})")
    assert abs(viewer.evaluate(GREY, [-0.5, -0.5]) - 127.5) <= 1
    assert viewer.evaluate(GREY, [0.5, 0.5]) == 0


def test_the_wheel_zooms_at_the_cursor(viewer):
    point = """([x, y]) => { const {view} = document.querySelector('pneumo-viewer');
        return [(x - view.x) / view.scale, (y - view.y) / view.scale]; }"""
    box = viewer.locator("canvas").bounding_box()
    x, y = 300, 200
    before = viewer.evaluate(point, [x, y])
    scale = viewer.evaluate("document.querySelector('pneumo-viewer').view.scale")
    viewer.mouse.move(box["x"] + x, box["y"] + y)
    viewer.mouse.wheel(0, -240)
    viewer.evaluate(GREY, [0, 0])  # two frames
    assert viewer.evaluate("document.querySelector('pneumo-viewer').view.scale") > scale * 1.2
    after = viewer.evaluate(point, [x, y])
    assert after == pytest.approx(before, abs=1)


UPLOAD = (
    '<form data-upload method="post" action="/send" data-files="#files" data-max-bytes="50" data-word-waiting="waiting"'
    ' data-word-sending="sending" data-word-received="received" data-word-lost="lost" data-word-too-large="too large"'
    ' data-word-failed="failed" data-word-retry="Again" data-word-done="done">'
    '<input type="hidden" name="priority" value="urgent"><label data-drop>'
    '<input type="file" name="files" multiple></label><button>Send</button></form><ul id="files"></ul>'
    + module("upload.js")
)


def test_each_file_gets_the_row_of_the_server_and_a_failure_can_be_tried_again(open_page):
    bodies: list[str] = []

    def send(route: Route) -> None:
        body = route.request.post_data or ""
        bodies.append(body)
        if "broken" in body and sum("broken" in seen for seen in bodies) == 1:
            route.fulfill(status=503, body="no room")
        else:
            route.fulfill(content_type="text/html", body=f'<li class="file" id="upload-{len(bodies)}">stored</li>')

    page = open_page(UPLOAD, {"/send": send})
    files = [("good.png", b"1"), ("broken.png", b"2"), ("huge.png", b"x" * 60)]
    page.set_input_files("input[type=file]", [{"name": n, "mimeType": "image/png", "buffer": b} for n, b in files])
    page.wait_for_selector("text=Again")
    assert page.locator("li.file[id]").count() == 1
    assert page.locator("text=too large").count() == 1
    assert all("urgent" in body for body in bodies)
    page.click("text=Again")
    page.wait_for_selector("#upload-3")
    assert page.locator("li.file[id]").count() == 2
    assert len(bodies) == 3


def test_a_whole_page_keeps_the_policy_in_both_themes(open_page):
    request = RequestFactory().get("/")
    request.user = SimpleNamespace(is_authenticated=False)
    page = open_page(render_to_string("cases/base.html", request=request))
    page.click("summary")
    page.click("[data-theme-choice=light]")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-choice=dark]")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (light, dark) == ("rgb(244, 245, 246)", "rgb(17, 19, 21)")
    assert "theme=dark" in page.evaluate("document.cookie")
