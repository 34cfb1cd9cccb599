"""The viewer in a real Chromium: every value of a 16-bit picture, windows, measures, the magnifier, the mouse."""

from __future__ import annotations

import base64
import io
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string
from PIL import Image
from playwright.sync_api import Browser, Page

from inference.deep import deep_picture
from inference.radiograph import read_radiograph
from tests.browser.own_pages import module, own_pages
from tests.inference import pictures as made

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SHEETS = "".join(
    f'<link rel="stylesheet" href="/static/cases/{name}.css">' for name in ("tokens", "app", "reading", "viewer")
)
VIEWER = "document.querySelector('pneumo-viewer')"
SMALL = {"width": 640, "height": 560}
WINDOWS = {"WindowCenter": [2000, 3000], "WindowWidth": [3000, 600]}


# The processor's WebGL passes for a graphics card: what would be drawn by a table is drawn by it.
CARD = """
const context = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, wishes) {
  return context.call(this, kind, {...wishes, failIfMajorPerformanceCaveat: false}); };
const told = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 || name === this.RENDERER ? 'card' : told.call(this, name); };
"""


@pytest.fixture
def card() -> bool:
    """Whether the page finds a graphics card."""
    return False


@pytest.fixture
def open_page(chromium: Browser, card: bool) -> Iterator[Callable[..., Page]]:
    with own_pages(chromium, SMALL, CARD * card) as open_html:
        yield open_html


def values_of(shape: tuple[int, int] = (300, 400)) -> np.ndarray:
    """12 bits: a smooth slope, with noise in the lowest bits."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    noise = np.random.default_rng(3).integers(0, 16, shape)
    return np.asarray((x * 4095 // shape[1] + y).clip(0, 4080) + noise, np.uint16).clip(0, 4095)


@pytest.fixture
def show(open_page) -> Callable[..., Page]:
    """The viewer with a DICOM file's rendition, and its picture at the full depth."""

    def show_it(values: np.ndarray, *, spacing: list[float] | None = None, deep: bool = True, sheet: str = "") -> Page:
        radiograph = read_radiograph(made.dicom(values, **WINDOWS))
        rendition, packed = png(radiograph.displayed()), deep_picture(radiograph)
        height, width = values.shape
        row = SimpleNamespace(pk=7, width=width, height=height, bits=12, spacing_mm=spacing, deep_key="x" * deep)
        html = render_to_string("cases/_viewer.html", {"src": "/picture.png", "alt": "phantom", "radiograph": row})
        body = f"{sheet}{html}{module('viewer.js')}{module('keys.js')}"
        answers = {
            "/picture.png": lambda route: route.fulfill(content_type="image/png", body=rendition),
            "/pictures/7/deep/": lambda route: route.fulfill(content_type="application/octet-stream", body=packed),
        }
        page = open_page(f"<!doctype html><html data-script>{SHEETS}<body>{body}</body></html>", answers)
        page.wait_for_selector("pneumo-viewer[data-depth]")
        return page

    return show_it


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def ask(page: Page, script: str) -> Any:
    """What the viewer answers, after two frames."""
    frames = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    return page.evaluate(f"async () => {{ await {frames}; const viewer = {VIEWER}; return {script}; }}")


def tell(page: Page, script: str) -> None:
    page.evaluate(f"() => {{ const viewer = {VIEWER}; {script}; }}")


def screen(page: Page) -> np.ndarray:
    """The grey levels on the canvas, drawn now."""
    url = ask(page, "(viewer.draw(), viewer.canvas.toDataURL('image/png'))")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("L"))


def one_to_one(page: Page) -> None:
    """A pixel of the picture is a pixel of the screen, its upper left corner at (0, 0)."""
    tell(page, "viewer.fitted = false; viewer.set({scale: 1, x: viewer.size.width / 2, y: viewer.size.height / 2})")


def expected(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.clip((values.astype(float) - (centre - width / 2)) / width, 0, 1) * 255


def test_every_value_of_the_file_is_in_the_browser(show):
    values = values_of((120, 170))
    page = show(values)
    found = ask(page, "[...viewer.picture.levels[0].data].map(n => viewer.picture.low + viewer.picture.step * n)")
    np.testing.assert_array_equal(np.array(found).reshape(values.shape), values)
    assert ask(page, "viewer.dataset.depth") == "full"
    assert page.get_by_text("all 12 bits").is_visible()


def test_a_window_of_64_values_shows_steps_that_8_bits_do_not_have(show):
    values = values_of()
    page = show(values)
    one_to_one(page)
    to_levels = "value => (value - viewer.picture.black) * 255 / (viewer.picture.white - viewer.picture.black)"
    tell(page, f"const to = {to_levels}; viewer.set({{centre: to(2000), width: to(2032) - to(1968)}})")
    shown = screen(page)[:300, :400]
    assert np.abs(shown - expected(values, 2000, 64)).max() <= 1.5
    assert len(np.unique(shown)) > 50


def test_turned_and_mirrored_the_deep_picture_lies_as_the_rendition(show):
    values = values_of((60, 90))
    values[:20, :30] = 4095
    pages = [show(values, deep=deep) for deep in (True, False)]
    for rotate, flip in itertools.product((0, 90, 180, 270), ("false", "true")):
        for page in pages:
            tell(page, f"viewer.set({{rotate: {rotate}, flip: {flip}}}); viewer.fit()")
        deep, shallow = (screen(page).astype(int) for page in pages)
        assert np.abs(deep - shallow).mean() < 3, (rotate, flip)


def test_the_graphics_card_draws_what_the_table_draws(show):
    page = show(values_of())
    script = """(async () => { const {makeGlPainter} = await import('/static/cases/viewer-gl.js');
        const {makeProcessorPainter} = await import('/static/cases/viewer-draw.js');
        return [viewer.picture, await createImageBitmap(viewer.image, {colorSpaceConversion: 'none'})].map(picture => {
          return [0.4, 1, 3].flatMap(scale => [0, 90].map(rotate => {
            const view = {scale, rotate, flip: rotate > 0, x: 150, y: 100, centre: 140, width: 90, invert: false};
            const rows = [makeGlPainter, makeProcessorPainter].map(make => {
              const canvas = document.createElement('canvas'); canvas.width = 300; canvas.height = 200;
              const painter = make(canvas, picture, viewer.size); if (!painter) return null;
              painter.draw(view);
              const copy = document.createElement('canvas'); copy.width = 300; copy.height = 200;
              const pen = copy.getContext('2d'); pen.drawImage(canvas, 0, 0);
              const data = pen.getImageData(0, 0, 300, 200).data;
              canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
              return data; });
            if (!rows[0]) return -1;
            let sum = 0; for (let i = 0; i < rows[0].length; i += 4) sum += Math.abs(rows[0][i] - rows[1][i]);
            return sum * 4 / rows[0].length; })); }); })()"""
    deep, shallow = ask(page, f"await {script}")
    assert [difference for difference in deep if not 0 <= difference < 3] == []
    assert [difference for difference in shallow if not 0 <= difference < 4] == []


LOSS = "viewer.canvas.getContext('webgl2').getExtension('WEBGL_lose_context')"


def seen(page: Page) -> np.ndarray:
    """The grey levels where the picture is on the screen."""
    ask(page, "0")
    shot = page.locator("canvas[role=img]").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)


@pytest.mark.parametrize("card", [True])
def test_a_picture_that_the_card_loses_is_drawn_by_the_processor_until_it_is_back(show, card):
    page = show(values_of())
    assert ask(page, "viewer.dataset.ready") == "webgl2"
    before = seen(page)
    assert before.max() > 200

    tell(page, f"window.lost = {LOSS}; lost.loseContext()")
    page.wait_for_selector("pneumo-viewer[data-ready='2d']")
    instead = seen(page)
    tell(page, "lost.restoreContext()")
    page.wait_for_selector("pneumo-viewer[data-ready='webgl2']")

    assert np.abs(instead - before).mean() < 3
    assert np.abs(seen(page) - before).max() <= 1
    assert page.locator(".viewer-stand-in").count() == 0


@pytest.mark.parametrize("card", [True])
def test_a_viewer_that_is_taken_away_gives_the_cards_memory_back(show, card):
    page = show(values_of())
    tell(page, "window.gl = viewer.canvas.getContext('webgl2'); viewer.remove()")
    page.wait_for_function("gl.isContextLost()")


def test_the_files_own_windows_are_presets_and_full_is_everything(show):
    page = show(values_of())
    facts = page.locator(".viewer-window")
    page.keyboard.press("6")
    ask(page, "0")
    assert facts.inner_text().endswith("window 600 / 3000")
    page.keyboard.press("5")
    ask(page, "0")
    assert facts.inner_text().endswith("window 3000 / 2000")
    page.keyboard.press("1")
    low, high = int(values_of().min()), int(values_of().max())
    ask(page, "0")
    assert facts.inner_text().endswith(f"window {high - low} / {round((high + low) / 2)}")


def test_eight_bits_of_more_are_said_and_no_window_of_the_file_is_offered(show):
    page = show(values_of(), deep=False)
    page.keyboard.press("5")
    assert ask(page, "viewer.window") == {"centre": 127.5, "width": 255}
    assert page.get_by_text("only 8 of the 12 bits").is_visible()
    assert page.locator("[data-file-window]:visible").count() == 0


def test_a_deep_picture_that_is_damaged_leaves_the_rendition_and_says_so(open_page, show):
    page = show(values_of())
    script = """(async () => { const {unpackDeep} = await import('/static/cases/viewer-deep.js');
        const bytes = new Uint8Array(await (await fetch('/pictures/7/deep/')).arrayBuffer());
        return await unpackDeep(bytes.subarray(0, bytes.length - 300)).then(() => 'unpacked', () => 'refused'); })()"""
    assert ask(page, f"await {script}") == "refused"


def test_a_picture_that_is_broken_is_said(open_page):
    half = png(np.zeros((9, 9), np.uint8))[:40]
    answers = {"/picture.png": lambda route: route.fulfill(content_type="image/png", body=half)}
    body = render_to_string("cases/_viewer.html", {"src": "/picture.png", "alt": "phantom"}) + module("viewer.js")
    page = open_page(f"<!doctype html><html data-script>{SHEETS}<body>{body}</body></html>", answers)
    page.get_by_text("The picture could not be loaded.").wait_for()


def click_at(page: Page, *points: tuple[float, float]) -> None:
    """Clicks at these pixels of the picture, which lies one to one."""
    box = page.locator("canvas[role=img]").bounding_box()
    for x, y in points:
        page.mouse.click(box["x"] + x, box["y"] + y)


MEASURES = {
    "q": ([(50, 60), (80, 100)], "Length 25.0 mm"),
    "e": ([(150, 60), (50, 60), (50, 160)], "Angle 90.0°"),
    "y": ([(100, 80), (200, 90), (50, 150), (300, 140)], "Cardiothoracic ratio 0.40"),
}


@pytest.mark.parametrize("key", MEASURES)
def test_measures_in_millimetres(show, key):
    page = show(values_of(), spacing=[0.5, 0.5])
    one_to_one(page)
    page.keyboard.press(key)
    points, words = MEASURES[key]
    click_at(page, *points)
    assert page.locator(".viewer-measured").inner_text() == words


@pytest.mark.parametrize("spacing", [None, [0, 0]])
def test_without_a_scale_a_length_says_so_and_a_ratio_is_a_ratio(show, spacing):
    page = show(values_of(), spacing=spacing)
    one_to_one(page)
    page.keyboard.press("q")
    click_at(page, (50, 60), (80, 100))
    assert page.locator(".viewer-measured").inner_text() == "Length 50 px, no scale"
    page.keyboard.press("y")
    click_at(page, *MEASURES["y"][0])
    assert page.locator(".viewer-measured").inner_text() == "Cardiothoracic ratio 0.40"


def test_pixels_that_are_no_squares_are_measured_as_they_are(show):
    page = show(values_of(), spacing=[1.0, 0.5])
    one_to_one(page)
    page.keyboard.press("q")
    click_at(page, (50, 60), (50, 100))
    assert page.locator(".viewer-measured").inner_text() == "Length 40.0 mm"


def test_a_measure_stays_on_the_picture_and_a_point_can_be_dragged(show):
    page = show(values_of(), spacing=[0.5, 0.5])
    one_to_one(page)
    page.keyboard.press("q")
    click_at(page, (50, 60), (80, 100))
    page.keyboard.press("q")
    page.keyboard.press("r")
    page.keyboard.press("+")
    before = ask(page, "viewer.measures.all[0].points")
    assert before == [{"x": pytest.approx(50, abs=1), "y": pytest.approx(60, abs=1)}, before[1]]
    tell(page, "viewer.reset()")
    one_to_one(page)
    ask(page, "0")
    box = page.locator("canvas[role=img]").bounding_box()
    page.mouse.move(box["x"] + 80, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 50, box["y"] + 120)
    page.mouse.up()
    assert page.locator(".viewer-measured").inner_text() == "Length 30.0 mm"
    page.keyboard.press("Backspace")
    assert ask(page, "viewer.measures.all.length") == 0


def test_points_are_set_from_the_keyboard_too(show):
    page = show(values_of(), spacing=[0.5, 0.5])
    one_to_one(page)
    page.locator("canvas[role=img]").focus()
    page.keyboard.press("q")
    page.keyboard.press("Enter")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator(".viewer-measured").inner_text() == "Length 15.0 mm"
    page.keyboard.press("Escape")
    assert ask(page, "viewer.dataset.tool") == "window"


def test_the_magnifier_shows_what_is_under_it_larger(show):
    values = np.zeros((300, 400), np.uint16)
    values[140:160, 190:210] = 4095
    page = show(values)
    one_to_one(page)
    box = page.locator("canvas[role=img]").bounding_box()
    page.keyboard.press("v")
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    bright = """(() => { const lens = document.querySelector('.viewer-glass');
        const data = lens.getContext('2d').getImageData(0, 0, lens.width, lens.height).data;
        return data.filter((value, i) => i % 4 === 0 && value > 128).length; })()"""
    assert ask(page, bright) == pytest.approx(50 * 50, rel=0.1)
    page.keyboard.press("v")
    page.mouse.move(box["x"] + 205, box["y"] + 150)
    assert page.locator(".viewer-glass").count() == 0


HABIT = '<div id="key-sheet" data-mouse-left="pan" data-mouse-right="zoom" data-mouse-wheel="nothing"></div>'


def test_mouse_habits_are_a_setting(show):
    page = show(values_of(), sheet=HABIT)
    box = page.locator("canvas[role=img]").bounding_box()
    start = ask(page, "({...viewer.view})")
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.wheel(0, -200)
    assert ask(page, "viewer.view.scale") == start["scale"]
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 110)
    page.mouse.up()
    moved = ask(page, "({...viewer.view})")
    assert (moved["x"] - start["x"], moved["y"] - start["y"], moved["width"]) == (30, 10, start["width"])
    page.mouse.down(button="right")
    page.mouse.move(box["x"] + 130, box["y"] + 60)
    page.mouse.up(button="right")
    assert ask(page, "viewer.view.scale") > start["scale"] * 1.1
