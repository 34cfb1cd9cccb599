"""Word, shape and tone of what is shown; the figure that never contradicts its band; templates that keep the policy."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from cases.models.patients import BAND_NAMES
from cases.navigation import navigation_for
from cases.rules import Priority, State
from cases.templatetags import screens

CASES = Path(settings.BASE_DIR) / "cases"
TEMPLATES = sorted((CASES / "templates").rglob("*.html"))
SHEETS = sorted((CASES / "static" / "cases").glob("*.css"))
MODULES = sorted((CASES / "static" / "cases").glob("*.js"))


def test_every_state_priority_and_band_has_a_look():
    assert set(screens.STATE_LOOKS) == set(State)
    assert set(screens.PRIORITY_LOOKS) == set(Priority)
    assert set(screens.BAND_LOOKS) == {*BAND_NAMES, ""}


def test_every_look_has_a_symbol_that_exists():
    drawn = set(re.findall(r'id="s-([a-z-]+)"', (CASES / "templates/cases/_symbols.html").read_text()))
    tables = (screens.STATE_LOOKS, screens.PRIORITY_LOOKS, screens.BAND_LOOKS)
    assert {symbol for looks in tables for symbol, _ in looks.values()} <= drawn
    written = {name for path in TEMPLATES for name in re.findall(r'{% symbol "([a-z-]+)"', path.read_text())}
    assert written <= drawn


def test_states_that_need_a_person_differ_by_shape_not_only_by_colour():
    loud = [screens.STATE_LOOKS[state][0] for state in ("ready", "failed", "not_scored", "claimed", "read", "signed")]
    assert len(set(loud)) == len(loud)


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.823, "0.82"), (0.0, "< 0.01"), (1.0, "> 0.99"), (0.597, "0.597"), (0.5999, "0.5999"), (0.6, "0.60")],
)
def test_a_figure_has_two_decimals_more_beside_a_threshold_and_is_never_certain(probability, shown):
    assert screens.figure(probability, {"sensitive": 0.3, "specific": 0.6}) == shown


@given(st.floats(0.005, 0.995), st.floats(0.01, 0.99).map(lambda value: round(value, 2)))
def test_a_shown_figure_lies_on_the_side_of_the_threshold_where_the_probability_lies(probability, threshold):
    shown = screens.figure(probability, {"specific": threshold})
    if abs(probability - threshold) > 1e-6 and shown[0].isdigit():
        assert (float(shown) >= threshold) == (probability >= threshold)


def test_a_probability_is_shown_with_both_thresholds_its_band_and_its_version():
    context = {
        "probability": 0.45,
        "band": "uncertain",
        "thresholds": {"sensitive": 0.31, "specific": 0.6},
        "model_name": "pneumonia",
        "model_version": "7",
        "model_url": "/models/7/",
        "calibrated": False,
    }
    html = render_to_string("cases/_probability.html", context)
    for text in ("0.45", "below 0.31", "0.31 to 0.60", "from 0.60", "pneumonia 7", "/models/7/", "not calibrated"):
        assert text in html
    assert re.search(r'class="tone-uncertain" aria-current="true"', html)


def test_no_result_is_not_shown_as_unlikely():
    html = render_to_string("cases/_badge_band.html", {"band": ""})
    assert "no result" in html
    assert "unlikely" not in html


@pytest.mark.urls("pneumo_site.urls")
@pytest.mark.parametrize(("role", "sees_admin"), [("administrator", True), ("radiologist", False), ("", False)])
def test_the_header_offers_the_admin_to_administrators_only(role, sees_admin):
    person = SimpleNamespace(is_authenticated=True, role=role)
    assert ("/admin/" in [item.url for item in navigation_for(person, "/")]) is sees_admin


def test_nobody_gets_no_navigation():
    assert navigation_for(SimpleNamespace(is_authenticated=False), "/") == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_inline_script_style_or_handler(path):
    html = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("path", [*SHEETS, *MODULES, *TEMPLATES], ids=lambda path: path.name)
def test_nothing_is_fetched_from_outside(path):
    addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
    assert [address for address in addresses if "www.w3.org" not in address] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_short_and_makes_no_code_from_text(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 200
    assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*=[^=]", text)
