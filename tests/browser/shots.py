"""The pictures of the tour: each a page, who looks at it, and what is done before the picture is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.scene import Scene, reduced
from tests.browser.visits import Visits

LOOKS = [(language, theme) for language in ("en", "ko") for theme in ("light", "dark")]
REMEMBER = "localStorage.setItem('theme', '{theme}')"

ALL_LOADED = """() => Promise.all([document.fonts.ready, ...[...document.images].map((image) => {
    image.loading = 'eager';
    return image.complete || new Promise((done) => { image.onload = image.onerror = done; });
})])"""


def nothing(page: Page, scene: Scene) -> None:
    """The page as it opens."""


def shown_picture(page: Page, scene: Scene) -> None:
    """The viewer has drawn."""
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()


def read_back(page: Page, scene: Scene) -> None:
    """What is to be signed stands in the dialog."""
    shown_picture(page, scene)
    page.keyboard.press("s")
    expect(page.locator("dialog#sign[open] img")).to_be_visible()


def all_keys(page: Page, scene: Scene) -> None:
    """The sheet with every key of the page."""
    shown_picture(page, scene)
    page.keyboard.press("?")
    expect(page.locator("dialog#key-sheet[open]")).to_be_visible()


def try_one(page: Page, scene: Scene) -> None:
    """A picture goes through the trial page."""
    page.locator("#trial-upload input[type=file]").set_input_files(scene.clinic.draw("trial.jpg"))
    expect(page.locator(".trial-answer img")).to_be_visible()


def read_back_without_scripts(page: Page, scene: Scene) -> None:
    """The page that asks for the password and reads back, as a browser gets it whose scripts do not run."""
    page.locator("[data-key=s]").evaluate("button => button.form.requestSubmit(button)")
    expect(page.locator("form.card .readback")).to_be_visible()


def overtaken(page: Page, scene: Scene) -> None:
    """What is saved was written over another state of the case than the one that stands."""
    shown_picture(page, scene)
    page.locator("#reading [name=comment]").fill("Opacity in the right lower zone, small effusion.")
    page.locator("#reading [name=version]").evaluate("field => { field.value = 1; }")
    page.locator("[data-key=k]").evaluate("button => button.form.requestSubmit(button)")
    expect(page.locator("#stands")).to_be_visible()


def with_heat_map(page: Page, scene: Scene) -> None:
    """The map is asked for, made by the worker, and lies on the picture; or the check's refusal is told."""
    shown_picture(page, scene)
    page.keyboard.press("h")
    expect(page.locator("[data-heat]")).to_have_attribute(
        "data-heat-state", re.compile("done|unreliable"), timeout=60_000
    )


def beside_the_earlier(page: Page, scene: Scene) -> None:
    """The patient's earlier picture stands beside this one, zoomed together."""
    shown_picture(page, scene)
    page.keyboard.press("b")
    expect(page.locator("pneumo-viewer[data-ready]")).to_have_count(2)


def opened_after(change: Callable[[Scene], None], page: Page, scene: Scene) -> None:
    """The page as it is once something has happened to its case; that happens once, whatever the look."""
    scene.clinic.ask(change, scene)
    page.reload()
    shown_picture(page, scene)


@dataclass(frozen=True)
class Shot:
    """One picture. `address` may name a case of the scene in braces."""

    name: str
    person: str
    address: str
    before: Callable[[Page, Scene], None] = nothing


SHOTS = (
    Shot("log-in", "", "/accounts/login/"),
    Shot("worklist", "bob", "/"),
    Shot("upload", "alice", "/upload/"),
    Shot("my-uploads", "alice", "/uploads/"),
    Shot("case", "bob", "/cases/{mine}/", shown_picture),
    Shot("sign", "bob", "/cases/{mine}/", read_back),
    Shot("keys", "bob", "/cases/{mine}/", all_keys),
    Shot("not-scored", "bob", "/cases/{hand}/", shown_picture),
    Shot("report", "bob", "/cases/{signed}/report/"),
    Shot("amend", "bob", "/cases/{signed}/amend/"),
    Shot("calls", "bob", "/cases/{signed}/calls/"),
    Shot("workstation", "bob", "/workstation/"),
    Shot("phrases", "bob", "/phrases/"),
    Shot("figures", "bob", "/figures/"),
    Shot("try", "bob", "/try/", try_one),
    Shot("models", "bob", "/models/"),
    Shot("model", "bob", "/models/{model}/"),
    Shot("status", "dana", "/status/"),
    Shot("admin", "dana", "/admin/"),
    Shot("admin-cases", "dana", "/admin/cases/case/"),
    Shot("admin-activate", "dana", "/admin/cases/modelversion/{model}/activate/"),
    Shot("sign-page", "bob", "/cases/{mine}/", read_back_without_scripts),
    Shot("moved-on", "bob", "/cases/{mine}/", overtaken),
    Shot("refused", "bob", "/status/"),
    Shot("open-calls", "bob", "/calls/"),
    Shot("password", "bob", "/accounts/password/"),
    Shot("correct", "alice", "/cases/{next}/correct/"),
    Shot("withdraw", "alice", "/cases/{next}/withdraw/"),
    Shot("pairs", "dana", "/figures/pairs/"),
    Shot("heat-map", "bob", "/cases/{mine}/", with_heat_map),
    Shot("beside", "bob", "/cases/{mine}/", beside_the_earlier),
    Shot("similar", "bob", "/cases/{mine}/similar/"),
    Shot("failed", "bob", "/cases/{failed}/"),
    Shot("side-by-side", "dana", "/models/side-by-side/"),
    Shot("not-found", "bob", "/cases/999999/"),
    # These change the day: they come last.
    Shot("blind-first", "bob", "/cases/{calm}/", partial(opened_after, Scene.keep_model_back)),
    Shot("second-reading", "bob", "/cases/{late}/", partial(opened_after, Scene.draw_for_second_reading)),
    Shot("deciding", "erin", "/cases/{plain}/", partial(opened_after, Scene.differ)),
)


def file_name(shot: Shot, language: str, theme: str) -> str:
    """As docs/tour.md names it."""
    return f"{shot.name}-{language}-{theme}.png"


def take(shot: Shot, visit: Visits, scene: Scene, language: str, theme: str, folder: Path) -> Path:
    """Open the page in this language and theme, do what comes before, and write the picture."""
    page = visit(shot.person, language=language, color_scheme=theme)
    page.context.add_init_script(REMEMBER.format(theme=theme))
    page.context.add_cookies([{"name": "theme", "value": theme, "url": scene.clinic.address}])
    page.goto(shot.address.format(**scene.cases, model=scene.clinic.model.pk))
    shot.before(page, scene)
    page.evaluate("document.activeElement?.blur()")
    page.evaluate(ALL_LOADED)
    path = folder / file_name(shot, language, theme)
    path.write_bytes(reduced(page.screenshot(animations="disabled")))
    page.context.close()
    return path
