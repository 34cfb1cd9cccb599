"""What a card says of its probabilities: calibration before and after on every set, and the real rate in each band."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

HELD_OUT = "the held-out patients"
"""The name of the set that a run chooses on where no other is named."""
UNKNOWN: Mapping[str, float | None] = {"value": None}
OF_CHANCES = {"calibration_error": "calibration error", "brier": "Brier score"}


def calibration_part(held_out: Mapping[str, Any], judged: Sequence[Mapping[str, Any]]) -> str:
    """What was fitted on what, and how far probability and frequency are apart on each set, before and after.

    Args:
        held_out: the figures that hold the calibration. judged: those of every labelled set, the held-out one too.
    """
    fitted = held_out.get("calibration", {"method": "none"})["method"] != "none"
    columns = ["set", *(f"{words}, {when}" for words in OF_CHANCES.values() for when in ("before", "after"))]
    columns = columns if fitted else ["set", *OF_CHANCES.values()]
    chosen = held_out.get("chosen_on", HELD_OUT)
    own = "validation" if chosen == HELD_OUT else chosen
    rows = [
        [found["name"] + (" (fitted on it)" if fitted and found["name"] == own else ""), *_errors(found, fitted)]
        for found in judged
    ]
    chances = [found for found in judged if "calibration_by_chance" in found]
    by_chance = "; ".join(f"{found['name']} {told(found['calibration_by_chance'])}" for found in chances)
    explained = "The calibration error is the expected one; the set that the calibration was fitted on flatters it."
    if by_chance:  # measured with it: older evaluations have ten bins
        explained += f" Fifteen bins; were the probabilities perfectly right, chance alone would give: {by_chance}."
    return f"{_calibration_sentence(held_out)}\n\n{table(columns, rows)}\n\n{explained}"


def _calibration_sentence(held_out: Mapping[str, Any]) -> str:
    found = held_out.get("calibration", {"method": "none"})
    if found["method"] == "none":
        return "The probabilities are the network's own, not calibrated."
    by = f"{found['method']}, slope {found['slope']:.3f}, shift {found['shift']:.3f}"
    return (
        f"The probabilities are calibrated ({by}), fitted on {found['fitted_on']}. "
        "On another population, or at another prevalence, they are not."
    )


def _errors(found: Mapping[str, Any], fitted: bool) -> list[str]:
    before = found.get("uncalibrated", {})
    return [told(of.get(name, UNKNOWN)) for name in OF_CHANCES for of in ((before, found) if fitted else (found,))]


def bands_part(judged: Iterable[Mapping[str, Any]], positive: str) -> str:
    """How many of the images in each band show the positive class, on each set that was measured by thresholds."""
    rows = [
        [found["name"], band, counted(images), _rate(found, band)]
        for found in judged
        for band, images in found.get("bands", {}).items()
    ]
    told_once = (
        f"The share of {positive} among the images in each band, with 95 % intervals by patient. It holds where the "
        "positive class is as frequent as in that set, and nowhere else."
    )
    return f"{told_once}\n\n{table(['set', 'band', 'images', f'share of {positive}'], rows)}"


def _rate(found: Mapping[str, Any], band: str) -> str:
    rates = found.get("band_rates")  # older evaluations have none
    return told(rates[band]) if rates else "not measured"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    head = [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns)]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def counted(images: Mapping[str, int]) -> str:
    """Images by class: "117 NORMAL, 195 PNEUMONIA"."""
    return ", ".join(f"{count:,} {label}" for label, count in images.items())


def told(figure: Mapping[str, float | None], digits: int = 3) -> str:
    """A figure with its interval, "0.912 (0.880 to 0.941)"; "none" where it can't be computed."""
    if figure["value"] is None:
        return "none"
    value, low, high = (f"{figure[name] or 0:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
