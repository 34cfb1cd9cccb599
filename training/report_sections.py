"""Parts of a page that runs, evaluations and comparisons share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from inference.saliency import heat_map
from training import plots
from training import report_page as html
from training.calibration import Calibration
from training.card import FIGURES, POINTS
from training.card_figures import told
from training.data import DataSet
from training.figures import confusion
from training.scorer import Scorer
from training.tables import OF_SCORES, taught_lines

WRONG_AT_MOST = 48


def figures_table(evaluations: Sequence[Mapping[str, Any]]) -> str:
    """A column per set, a row per figure with its interval."""
    rows: list[tuple[str, ...]] = [
        ("images", *(", ".join(f"{n:,} {c}" for c, n in of["images"].items()) for of in evaluations)),
        ("patients", *(f"{of['patients']:,}" for of in evaluations)),
        ("left out (unknown class)", *(str(of["left_out"]) for of in evaluations)),
        ("AUC", *(told(of["auc"]) for of in evaluations)),
    ]
    rows += [(words, *(_told(of, name) for of in evaluations)) for name, words in OF_SCORES.items()]
    for name in ("brier", "calibration_error"):
        if any("uncalibrated" in of for of in evaluations):
            rows.append((f"{OF_SCORES[name]} before", *(_told(of.get("uncalibrated", {}), name) for of in evaluations)))
    for point, words in POINTS.items():
        rows += [
            (f"{figure} at {_point(point, words)}", *(_told(of.get(point, {}), figure) for of in evaluations))
            for figure in FIGURES
        ]
    notes = "".join(html.paragraph(f"{of['name']}: {line}", "fall") for of in evaluations for line in taught_lines(of))
    return (
        html.table(["", *(of["name"] for of in evaluations)], rows) + _bands(evaluations) + _values(evaluations) + notes
    )


def _point(point: str, words: str) -> str:
    return words if point == "at_half" else f"the {words} point"


def _told(found: Mapping[str, Any], name: str) -> str:
    return told(found[name]) if name in found else "none"


def _bands(evaluations: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (of["name"], band, ", ".join(f"{n} {c}" for c, n in images.items()), f"{_share_of_band(of, images):.1%}")
        for of in evaluations
        for band, images in of.get("bands", {}).items()
    ]
    return html.table(["set", "band", "images", "share of the set"], rows)


def _share_of_band(of: Mapping[str, Any], images: Mapping[str, int]) -> float:
    return float(sum(images.values()) / max(1, sum(of["images"].values())))


def _values(evaluations: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (of["name"], f"{at['prevalence']:.1%}", words, told(at[point]["positive"]), told(at[point]["negative"]))
        for of in evaluations
        for at in of["predictive_values"]
        for point, words in POINTS.items()
        if point in at
    ]
    return html.table(["set", "prevalence", "at", "positive predictive value", "negative predictive value"], rows)


def groups_table(found: Mapping[str, Any]) -> str:
    """Every group of every column."""
    names = ("auc", *FIGURES)
    rows = [
        (column, kind, of["images"], of["positive"], *(_told(of, n) if of.get(n) else "" for n in names))
        for column, kinds in found.get("groups", {}).items()
        for kind, of in kinds.items()
    ]
    used = [place for place in range(4 + len(names)) if place < 4 or any(row[place] for row in rows)]
    head = ("column", "group", "images", "positive", "AUC", *FIGURES)
    return html.table([head[place] for place in used], ([row[place] for place in used] for row in rows))


def held_out_plots(
    data: DataSet,
    raw: np.ndarray,
    classes: tuple[str, ...],
    positive: str,
    calibration: Calibration | None,
    thresholds: Mapping[str, float],
) -> str:
    """Confusion of the likeliest class, ROC, precision and recall, reliability, histogram; `raw` is not calibrated."""
    place = classes.index(positive)
    chances = calibration.applied(raw, place) if calibration else raw
    truth, scores = data.labelled(positive), chances[:, place]
    named = {"before": raw[:, place], "after calibration": scores} if calibration else {"not calibrated": scores}
    if len(classes) == 2:
        curves = {positive: (truth, scores)}
    else:
        curves = {name: (data.labelled(name), chances[:, i]) for i, name in enumerate(classes)}
    return html.plots(
        plots.confusion(confusion(data, classes, chances)),
        plots.roc(curves),
        plots.precision_recall(curves),
        plots.reliability(truth, named),
        plots.score_histogram([image.label for image in data.images], scores, thresholds),
    )


def wrong_pictures(scorer: Scorer, data: DataSet, chances: np.ndarray, array_of: Callable[[int], np.ndarray]) -> str:
    """Every picture whose likeliest class is another than its own, the most wrong first, each with its heat map.

    Args:
        chances: (N, classes), as calibrated. array_of: the prepared picture uint8 (H, W, 1) at a place of `data`.
    """
    own = np.array([scorer.classes.index(image.label) for image in data.images])
    called = chances.argmax(axis=1)
    wrong = np.flatnonzero(called != own)
    order = wrong[np.argsort(chances[wrong, own[wrong]], kind="stable")]
    shown = []
    for i in order[:WRONG_AT_MOST]:
        array, name = np.asarray(array_of(int(i))), scorer.classes[called[i]]
        text = f"{data.images[i].label} called {name} ({chances[i, called[i]]:.3f}): {data.images[i].name}"
        shown.append((array, heat_map(scorer, array, name), text))
    more = f" The {WRONG_AT_MOST} most wrong are shown." if len(order) > WRONG_AT_MOST else ""
    text = (
        f"{len(order)} of {len(data.images)} pictures are called another class than their own, the most wrong first; "
        "beside each, where the evidence for the wrong class lies (Grad-CAM, scaled to its own maximum: strong colours "
        f"do not mean a strong score).{more}"
    )
    return html.paragraph(text) + html.pictures_with_heat(shown)
