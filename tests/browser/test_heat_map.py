"""The heat map on the case page: H asks for it, a real worker makes it, it comes or its refusal does by itself."""

from __future__ import annotations

import re
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from cases import storage
from cases.intake.phantoms import Patch
from cases.models import Analysis, HeatMap, Radiograph
from tests.stack import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LOWER_ZONE = Patch(-0.44, 0.60, 0.17, 0.30)
PAINTED = """canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((most, value, index) => index % 4 === 3 ? Math.max(most, value) : most, 0);
}"""

WHERE = """canvas => {
    const {data, width, height} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [sum, x, y] = [0, 0, 0];
    for (let i = 3; i < data.length; i += 4) {
        sum += data[i];
        x += data[i] * ((i >> 2) % width);
        y += data[i] * Math.floor((i >> 2) / width);
    }
    return [x / sum / width > 0.5 ? "right" : "left", y / sum / height > 0.5 ? "lower" : "upper"];
}"""


@pytest.fixture(scope="module")
def case_id(clinic) -> int:
    """A phantom with a shadow in one lung."""
    return clinic.bring_in(clinic.draw("heat.jpg", patches=(LOWER_ZONE,)))[0]


def opened(visit, person: str, case_id: int) -> Page:
    page = visit(person)
    page.goto(f"/cases/{case_id}/")
    expect(page.locator("pneumo-viewer[data-ready]")).to_be_visible()
    expect(page.locator("#live-mark")).to_have_text("live")
    return page


def layer_of(page: Page) -> Locator:
    return page.locator("canvas.heat-layer")


def show_a_map(case_id: int, person) -> None:
    """As if the check had let the map of this case be shown: hot in the upper left."""
    import numpy as np

    from inference.heat_picture import layer, over

    answer = Analysis.objects.get(radiograph__case=case_id)
    row = HeatMap(analysis=answer, asked_by=person, key=f"heat-maps/{answer.pk}.png")
    heat = np.zeros((64, 64), np.float32)
    heat[10:30, 10:30] = 1
    radiograph = Radiograph.objects.get(case=case_id)
    storage.put(row.key, layer(heat, radiograph.width, radiograph.height))
    storage.put(row.picture_key, over(heat, storage.get(radiograph.rendition_key)))
    figures = {"before": 0.9, "after": 0.4, "outside": 0.1}
    fields = {"asked_by": person, "state": "done", "key": row.key, **figures}
    HeatMap.objects.update_or_create(analysis=answer, defaults=fields)  # without the bell: no worker makes another


def test_a_map_is_asked_for_by_its_key_and_comes_or_is_refused_by_itself(visit, clinic):
    case = clinic.bring_in(clinic.draw("asked.jpg", patches=(LOWER_ZONE,)))[0]
    page = opened(visit, "bob", case)
    expect(layer_of(page)).to_have_count(0)
    page.evaluate("window.stayed = true")

    page.keyboard.press("h")

    block = page.locator("[data-heat]")
    expect(block).to_have_attribute("data-heat-state", re.compile("done|unreliable"))
    row = clinic.ask(lambda: HeatMap.objects.select_related("asked_by").get(analysis__radiograph__case=case))
    assert row.asked_by.username == "bob"
    assert row.state == block.get_attribute("data-heat-state")
    expect(layer_of(page)).to_have_count(1 if row.state == "done" else 0)
    if row.state == "unreliable":
        expect(block).to_contain_text("Not reliable here")
    assert page.evaluate("window.stayed")


def test_the_map_is_off_at_first_goes_on_and_off_and_has_an_opacity(visit, clinic, case_id):
    clinic.ask(partial(show_a_map, case_id, clinic.people["bob"]))
    page = opened(visit, "bob", case_id)
    toggle = page.get_by_role("button", name=re.compile("^Heat map"))
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(layer_of(page)).to_have_count(0)

    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(layer_of(page)).to_be_visible()
    assert layer_of(page).evaluate(PAINTED) == pytest.approx(255 * 0.6, abs=3)
    page.get_by_label("Opacity").fill("30")
    assert layer_of(page).evaluate(PAINTED) == pytest.approx(255 * 0.3, abs=3)

    page.keyboard.press("h")
    expect(layer_of(page)).to_have_count(0)
    expect(toggle).to_have_attribute("aria-pressed", "false")


def test_legend_and_opacity_stand_in_the_pictures_corner_while_the_map_is_on(visit, clinic, case_id):
    clinic.ask(partial(show_a_map, case_id, clinic.people["bob"]))
    page = opened(visit, "bob", case_id)
    legend = page.locator(".viewer-stage .heat-legend")
    expect(legend).to_have_count(0)

    page.keyboard.press("h")
    expect(legend).to_contain_text("Yellow raised the answer most")
    expect(legend).to_be_in_viewport(ratio=1)
    expect(legend.get_by_label("Opacity")).to_have_value("60")
    page.keyboard.press(">")
    expect(legend.get_by_label("Opacity")).to_have_value("70")
    assert layer_of(page).evaluate(PAINTED) == pytest.approx(255 * 0.7, abs=3)
    page.keyboard.press("<")
    page.keyboard.press("<")
    expect(legend.get_by_label("Opacity")).to_have_value("50")

    page.keyboard.press("h")
    expect(legend).to_have_count(0)


def test_the_map_turns_with_the_picture(visit, clinic, case_id):
    clinic.ask(partial(show_a_map, case_id, clinic.people["bob"]))
    page = opened(visit, "bob", case_id)
    page.keyboard.press("h")
    expect(layer_of(page)).to_be_visible()
    side = f"({WHERE})(document.querySelector('canvas.heat-layer'))"
    assert page.evaluate(side) == ["left", "upper"]
    page.keyboard.press("m")
    wait_until(lambda: page.evaluate(side)[0] == "right", 20, "the map mirrored")
    page.keyboard.press("r")
    wait_until(lambda: page.evaluate(side)[1] == "lower", 20, "the map turned")


def test_without_scripts_a_button_asks_and_a_link_shows_both_in_one(visit, clinic, case_id):
    page = visit("bob", java_script_enabled=False)
    other = clinic.bring_in(clinic.draw("plain.jpg"))[0]
    page.goto(f"/cases/{other}/")
    page.get_by_role("button", name=re.compile("^Make a heat map")).click()
    expect(page).to_have_url(re.compile(rf"/cases/{other}/\?picture=\d+#heat-side$"))
    assert clinic.ask(lambda: HeatMap.objects.filter(analysis__radiograph__case=other).exists())

    clinic.ask(partial(show_a_map, case_id, clinic.people["bob"]))
    page.goto(f"/cases/{case_id}/")
    link = page.get_by_role("link", name="Picture and heat map in one").get_attribute("href")
    answer = page.context.request.get(f"{clinic.address}{link}")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")


def test_who_does_not_read_has_no_heat_map(visit, case_id):
    page = opened(visit, "alice", case_id)
    expect(page.locator("#heat-side")).to_have_count(0)
    page.keyboard.press("h")
    expect(layer_of(page)).to_have_count(0)
