"""The figures of a bundle as rows: every number that has an interval, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SILENT = ("groups",)  # says no more than what comes after it
WORDS: dict[str, str | Promise] = {
    "validation": _("held-out patients"),
    "auc": _("AUC"),
    "accuracy": _("accuracy"),
    "sensitivity": _("sensitivity"),
    "specificity": _("specificity"),
    "average_precision": _("average precision"),
    "brier": _("Brier score"),
    "calibration_error": _("calibration error, 15 bins"),
    "sensitivity_at_95": _("sensitivity where the specificity is 95 %"),
    "specificity_at_95": _("specificity where the sensitivity is 95 %"),
    "calibration_by_chance": _("calibration error by chance alone"),
    "band_rates": _("share with the disease in a band"),
    "unlikely": _("unlikely"),
    "uncertain": _("uncertain"),
    "likely": _("likely"),
    "uncalibrated": _("before calibration"),
    "family": _("by the origin in the file name"),
    "bacteria": _("bacterial"),
    "virus": _("viral"),
    "normal": _("normal"),
    "at_half": _("at 0.5"),
    "at_sensitive": _("at the sensitive threshold"),
    "at_specific": _("at the specific threshold"),
}


@dataclass(frozen=True)
class Figure:
    """One number with its 95 % interval; `where` says on which set and at which threshold."""

    where: str
    name: str
    value: float
    low: float | None
    high: float | None


def figures_of(metrics: Mapping[str, Any]) -> list[Figure]:
    """The figures in the order of the bundle; what is no figure is left to the card."""
    return list(_found(metrics, ()))


def _found(node: Any, path: tuple[str, ...]) -> Iterator[Figure]:
    if not isinstance(node, Mapping):
        return
    if path and isinstance(node.get("value"), int | float):
        words = [str(WORDS.get(part, part)) for part in path if part not in SILENT]
        yield Figure(", ".join(words[:-1]), words[-1], node["value"], node.get("low"), node.get("high"))
        return
    for name, child in node.items():
        yield from _found(child, (*path, str(name)))
