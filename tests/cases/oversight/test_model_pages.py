"""The pages of the models: one click from every probability, safe whatever a bundle's card says."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.models import Activation
from cases.oversight.model_cards import card_as_html
from cases.oversight.model_figures import figures_of
from inference.answers import DEFAULT_BUNDLE
from inference.bundle import Bundle


def test_a_figure_with_its_interval_is_a_row_wherever_it_stands():
    metrics = {
        "validation": {
            "name": "validation",
            "images": {"NORMAL": 3},
            "auc": {"value": 0.97, "low": 0.95, "high": 0.99},
            "at_sensitive": {"threshold": 0.2, "sensitivity": {"value": 0.98, "low": None, "high": None}},
        }
    }
    rows = [(row.where, row.name, row.value, row.low, row.high) for row in figures_of(metrics)]
    assert rows == [
        ("held-out patients", "AUC", 0.97, 0.95, 0.99),
        ("held-out patients, at the sensitive threshold", "sensitivity", 0.98, None, None),
    ]
    assert figures_of({}) == []


def test_no_figure_of_the_model_that_ships_is_named_by_a_code():
    metrics = Bundle.open(DEFAULT_BUNDLE).facts["metrics"]
    sets = set(metrics)
    words = {part for row in figures_of(metrics) for part in (*row.where.split(", "), row.name)} - sets
    assert words
    assert not {word for word in words if "_" in word}


@pytest.mark.parametrize(
    "card",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://elsewhere.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "| a |\n| :-: |\n| 1 |",
    ],
)
def test_a_card_brings_no_code_no_pictures_and_no_styles(card):
    page = card_as_html(card)
    for part in ("<script", "<img", 'href="javascript', 'href="data', "style="):
        assert part not in page


def test_a_card_is_shown_as_a_page_below_the_pages_own_heading():
    page = card_as_html("# Title\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n")
    assert "<h2>Title</h2>" in page
    assert page.count("<li>") == 2
    assert '<table class="table" tabindex="0">' in page


def test_a_models_page_says_what_it_runs_with_and_who_decided_it(a_case, client_of, alice, dana, model_version):
    a_case()
    chosen = {"sensitive": 0.11, "specific": 0.88}
    Activation.objects.create(model_version=model_version, by=dana, reason="measured here", thresholds=chosen)
    model_version.scope = {"age_years": [1, 5], "views": ["AP"], "population": "children"}
    model_version.metrics = {"validation": {"auc": {"value": 0.97, "low": 0.951, "high": 0.99}}}
    model_version.save()
    shown = client_of(alice).get(reverse("model", args=[model_version.pk])).content.decode()
    for words in ("0.11", "0.88", "Dana", "measured here", "1 to 5 years", "children", "0.951", "not calibrated"):
        assert words in shown
    assert model_version.sha256 in shown
    assert "<h2>A model for tests</h2>" in shown


def test_the_list_names_every_version_with_the_thresholds_in_force(client_of, bob, model_version):
    from tests.making import make_model

    make_model("0.9", active=False)
    shown = client_of(bob).get(reverse("models")).content.decode()
    for words in ("pneumonia 1.0", "pneumonia 0.9", "does not run", "runs, orders the worklist", "0.30 / 0.70"):
        assert words in shown


def test_models_are_for_the_staff(client_of, mallory, model_version):
    client = client_of(mallory)
    assert client.get(reverse("models")).status_code == 403
    assert client.get(reverse("model", args=[model_version.pk])).status_code == 403


def test_without_a_model_the_page_says_so(client_of, bob):
    assert "No model is registered" in client_of(bob).get(reverse("models")).content.decode()
