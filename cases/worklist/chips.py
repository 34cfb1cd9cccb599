"""The filters that are on, in words, each with the address of the list without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.worklist.filters import BANDS, FLAGS, PRIORITIES, SEXES, Filters


@dataclass(frozen=True)
class Chip:
    """One filter that is on; `query` is the address's rest without it."""

    words: Any
    query: str


WORDS: Mapping[str, Any] = {
    "priority": _("Priority: %s"),
    "band": _("Band: %s"),
    "sex": _("Sex: %s"),
    "flag": _("Notes: %s"),
    "mine": pgettext_lazy("cases", "Mine"),
    "differs": _("Disagreements"),
    "second": _("Second read"),
    "reader": _("Reader: %s"),
    "model": _("Model: %s"),
    "age_from": _("Age: from %s years"),
    "age_to": _("Age: up to %s years"),
    "score_from": _("Score: from %s"),
    "score_to": _("Score: up to %s"),
    "since": _("Arrived since %s"),
    "until": _("Arrived until %s"),
    "waited": _("Waits for %s minutes or more"),
}


def chips(filters: Filters, options: Mapping[str, Any]) -> list[Chip]:
    """One for each filter that is on, beside state and order."""
    return [
        Chip(_worded(name, value, options), filters.query(**{name: ""})) for name, value in filters.narrowing.items()
    ]


def _worded(name: str, value: str, options: Mapping[str, Any]) -> str:
    names: Mapping[str, Callable[[], Mapping[str, Any]]] = {
        "priority": lambda: PRIORITIES,
        "band": lambda: BANDS,
        "sex": lambda: SEXES,
        "flag": lambda: FLAGS,
        "reader": lambda: options["readers"],
        "model": lambda: options["versions"],
    }
    shown = names[name]().get(value, value) if name in names else value
    words = str(WORDS[name])
    return words % shown if "%s" in words else words
