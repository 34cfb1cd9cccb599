"""Two models on the same images: which is better, by how much, and could it be chance?"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from training import metrics
from training.cache import read_arrays
from training.data import DataSet
from training.errors import WorkshopError
from training.evaluate import known_images
from training.progress import Progress
from training.scorer import Scorer

DIFFERENT_AT_MOST = 20  # images named


def compare(first: Scorer, second: Scorer, data: DataSet, cache: Path, progress: Progress) -> dict[str, Any]:
    """Both models on the images whose classes they know, each with its own preprocessing.

    Raises:
        WorkshopError: they know different classes or call another one positive.
    """
    if (first.positive, first.classes) != (second.positive, second.classes):
        raise WorkshopError(f"{first.title} and {second.title} know different classes: they can't be compared.")
    part = known_images(first, data)
    one, other = (s.scores(read_arrays(part, s.preprocessing, cache, progress)) for s in (first, second))
    names = [image.name for image in part.images]
    return compared(part.labelled(first.positive), part.patient_numbers(), names, one, other)


def compared(
    truth: np.ndarray, patients: np.ndarray, names: list[str], one: np.ndarray, other: np.ndarray
) -> dict[str, Any]:
    """Paired figures, the second model minus the first, with 95 % intervals by patient.

    Args:
        truth: bool (N,). patients, names: of each image. one, other: probability of the positive class, (N,).
    """
    calls = one >= 0.5, other >= 0.5
    right = calls[0] == truth, calls[1] == truth
    only_one, only_other = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())

    def case(i: int) -> dict[str, Any]:
        return {"name": names[i], "positive": bool(truth[i]), "first": _rounded(one[i]), "second": _rounded(other[i])}

    apart = np.argsort(-np.abs(one - other), kind="stable")[:DIFFERENT_AT_MOST]
    return {
        "images": len(truth),
        "patients": len(np.unique(patients)),
        "auc": [_rounded(metrics.auc(truth, scores)) for scores in (one, other)],
        "accuracy": [_rounded(metrics.accuracy(truth, call)) for call in calls],
        "difference": {
            "auc": _difference(lambda w: metrics.auc(truth, other, w) - metrics.auc(truth, one, w), patients),
            **{
                name: _difference(
                    lambda w, share=share: share(truth, calls[1], w) - share(truth, calls[0], w), patients
                )
                for name, share in SHARES.items()
            },
        },
        "mcnemar": {"only_first_right": only_one, "only_second_right": only_other, "p": mcnemar(only_one, only_other)},
        "delong": delong(truth, one, other),
        "differ": [case(int(i)) for i in np.flatnonzero(calls[0] != calls[1])],
        "furthest_apart": [case(int(i)) for i in apart],
    }


SHARES = {"accuracy": metrics.accuracy, "sensitivity": metrics.sensitivity, "specificity": metrics.specificity}


def mcnemar(only_one: int, only_other: int) -> float:
    """Exact two-sided p value of McNemar's test: would a fair coin divide the images on which one errs so unevenly?"""
    n, few = only_one + only_other, min(only_one, only_other)
    tail = sum(math.comb(n, k) for k in range(few + 1)) / 2**n
    return round(float(min(1.0, 2 * tail)), 6)


def delong(truth: np.ndarray, one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """z and two-sided p of the difference of two AUCs on the same images (DeLong, Biometrics 1988).

    It takes every image for a patient of its own; with several images of a patient, go by the interval.
    """
    places = [_placements(truth, scores) for scores in (one, other)]
    difference = places[1][0].mean() - places[0][0].mean()
    spread = sum(float(np.var(b - a, ddof=1)) / len(a) for a, b in zip(*places, strict=True) if len(a) > 1)
    z = float(difference / math.sqrt(spread)) if spread > 0 else 0.0
    return {"z": _rounded(z), "p": round(math.erfc(abs(z) / math.sqrt(2)), 6)}


def _placements(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each positive image the share of negatives below it, for each negative that of positives above it."""
    sick, well = scores[truth], scores[~truth]
    return _share_below(well, sick), 1 - _share_below(sick, well)


def _share_below(others: np.ndarray, scores: np.ndarray) -> np.ndarray:
    ordered = np.sort(others)
    below, up_to = (np.searchsorted(ordered, scores, side) for side in ("left", "right"))
    share: np.ndarray = (below + up_to) / (2 * len(others))
    return share


def _difference(figure: Any, patients: np.ndarray) -> dict[str, float]:
    low, high = metrics.interval_by_patient(figure, patients)
    return {"value": _rounded(figure(np.ones(len(patients)))), "low": _rounded(low), "high": _rounded(high)}


def _rounded(number: float) -> float:
    return round(float(number), 4)


def comparison_table(found: dict[str, Any], first: str, second: str) -> str:
    """The comparison for people."""
    lines = [
        f"{found['images']} images of {found['patients']} patients; first: {first}; second: {second}",
        *(f"{name}: {found[name][0]:.4f} and {found[name][1]:.4f}" for name in ("auc", "accuracy")),
    ]
    for name, value in found["difference"].items():
        lines.append(f"difference in {name}: {value['value']:+.4f} ({value['low']:+.4f} to {value['high']:+.4f})")
    test = found["mcnemar"]
    lines.append(
        f"right only by the first: {test['only_first_right']}, only by the second: {test['only_second_right']}, "
        f"McNemar p = {test['p']:.4g}; DeLong p = {found['delong']['p']:.4g}"
    )
    lines.append(f"{len(found['differ'])} images are called differently at 0.5")
    lines.append("furthest apart:")
    for row in found["furthest_apart"]:
        lines.append(f"  {row['name']}: {row['first']:.3f} and {row['second']:.3f}")
    return "\n".join(lines)
