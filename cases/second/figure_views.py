"""Figures of reading: the own ones for each reader, the pairs for administrators, a league table for nobody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases.access import for_administrators, for_radiologists
from cases.blind.effects import EFFECTS, Effects, effects_on
from cases.reading.answers import person
from cases.second.agreement import ENOUGH, own_agreement, pair_agreements

WORDS: dict[str, str | Promise] = {
    "unchanged": _("unchanged: signed what you thought before"),
    "helped": _("helped: changed to what the case turned out to be"),
    "harmed": _("harmed: changed away from it"),
    "neither": _("changed, and neither was it"),
}


@for_radiologists
@require_safe
def my_figures(request: HttpRequest) -> HttpResponse:
    """The reader's own figures, seen by nobody else."""
    reader = person(request)
    effects = effects_on(reader)
    context = {"effects": effects, "rows": effect_rows(effects), "row": own_agreement(reader), "enough": ENOUGH}
    return render(request, "cases/my_figures.html", context)


def effect_rows(effects: Effects) -> list[tuple[str | Promise, int, int]]:
    """(words, how often, how often where the case was read independently) of each effect."""
    return [(WORDS[code], effects.all[code], effects.checked[code]) for code in EFFECTS]


@for_administrators
@require_safe
def reader_pairs(request: HttpRequest) -> HttpResponse:
    """Agreement of every two readers, by name."""
    return render(request, "cases/reader_pairs.html", {"rows": pair_agreements(), "enough": ENOUGH})
