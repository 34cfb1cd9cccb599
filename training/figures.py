"""Every figure of a set of scored images, as JSON can hold them, each with its 95 % interval by patient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from inference.bundle import Thresholds
from training import metrics
from training.calibration import Calibration
from training.data import DataSet

Figure = dict[str, float | None]
BANDS = ("unlikely", "uncertain", "likely")
POINTS = ("at_half", "at_sensitive", "at_specific")
OF_SCORES: dict[str, Callable[..., Any]] = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "sensitivity_at_95": metrics.sensitivity_at,
    "specificity_at_95": metrics.specificity_at,
    "brier": metrics.brier,
    "calibration_error": metrics.calibration_error,
}
OF_CALLS = {"accuracy": metrics.accuracy, "sensitivity": metrics.sensitivity, "specificity": metrics.specificity}
OF_CHANCES = ("brier", "calibration_error")
SMALLEST_GROUP = 5  # images; of fewer, a share says nothing
MOST_KINDS = 30  # a column with more values is a number or a name, not a group


def measured(
    data: DataSet,
    classes: tuple[str, ...],
    positive: str,
    chances: np.ndarray,
    thresholds: Thresholds | None,
    prevalences: Sequence[float] = (),
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """Every figure of the positive class against the rest, of all classes together, and of each group of images.

    Args:
        chances: probabilities, float (N, classes), in the order of `classes`.
        calibration: what they were calibrated by; then the figures without it stand beside.
    """
    truth, patients = data.labelled(positive), data.patient_numbers()
    place = classes.index(positive)
    scores = chances[:, place]
    labels = sorted({image.label for image in data.images})
    found: dict[str, Any] = {
        "images": {label: int(data.labelled(label).sum()) for label in labels},
        "patients": len(np.unique(patients)),
        **{name: figure(partial(of, truth, scores), patients) for name, of in OF_SCORES.items()},
        "calibration_by_chance": _by_chance(scores),
        "at_half": at_threshold(0.5, truth, scores, patients),
    }
    for name, counted in (("sensitivity_at_95", truth), ("specificity_at_95", ~truth)):
        found[name] = widened(found[name], patients[counted])
    if calibration:
        raw = calibration.undone(chances, place)[:, place]
        found["uncalibrated"] = {name: figure(partial(OF_SCORES[name], truth, raw), patients) for name in OF_CHANCES}
    if thresholds:
        found["at_sensitive"] = at_threshold(thresholds.sensitive, truth, scores, patients)
        found["at_specific"] = at_threshold(thresholds.specific, truth, scores, patients)
        bands = np.array([thresholds.band(float(score)) for score in scores])
        found["bands"] = {b: {n: int((data.labelled(n) & (bands == b)).sum()) for n in labels} for b in BANDS}
        found["band_rates"] = {b: share(truth[bands == b], patients[bands == b]) for b in BANDS}
    called = {name: scores >= found[name]["threshold"] for name in POINTS if name in found}
    own = float(truth.mean())
    found["predictive_values"] = [at_prevalence(p, truth, called, patients) for p in (own, *prevalences)]
    if len(classes) > 2:
        found["classes"] = of_all_classes(data, classes, chances, patients)
    return found | {"groups": groups(data, truth, scores)}


def figure(of: Callable[[np.ndarray], Any], patients: np.ndarray) -> Figure:
    """A number with its interval; None where it can't be computed.

    Args:
        of: takes weights, (N,) or (D, N).
        patients: int (N,), a number for each patient.
    """
    low, high = metrics.interval_by_patient(of, patients)
    named = {"value": of(np.ones(len(patients))), "low": low, "high": high}
    return {name: None if math.isnan(number) else round(number, 4) for name, number in named.items()}


def _by_chance(scores: np.ndarray) -> Figure:
    mean, low, high = metrics.calibration_error_by_chance(scores)
    return {"value": round(mean, 4), "low": round(low, 4), "high": round(high, 4)}


def share(hits: np.ndarray, patients: np.ndarray) -> Figure:
    """The share of `hits`, bool (N,), with its interval; None where there is nothing to count."""
    if not len(hits):
        return dict.fromkeys(("value", "low", "high"))
    return widened(figure(partial(metrics.share, hits), patients), patients)


def widened(found: Figure, patients: np.ndarray) -> Figure:
    """A share of exactly 0 or 1 with the exact interval of its number of patients: the bootstrap gives it none."""
    if found["value"] not in (0.0, 1.0):
        return found
    bound = round(metrics.certain_bound(len(np.unique(patients))), 4)
    return found | ({"low": bound} if found["value"] == 1.0 else {"high": round(1 - bound, 4)})


def at_threshold(threshold: float, truth: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> dict[str, Any]:
    """What calling everything from a threshold on positive gives: three shares and the four counts."""
    called = scores >= threshold
    counts = {
        "true_positive": int((called & truth).sum()),
        "false_negative": int((~called & truth).sum()),
        "false_positive": int((called & ~truth).sum()),
        "true_negative": int((~called & ~truth).sum()),
    }
    return {"threshold": threshold, **shares_of_calls(truth, called, patients), "confusion": counts}


def shares_of_calls(truth: np.ndarray, called: np.ndarray, patients: np.ndarray) -> dict[str, Figure]:
    """Accuracy, sensitivity and specificity with their intervals."""
    counted = {"accuracy": np.ones(len(truth), bool), "sensitivity": truth, "specificity": ~truth}
    return {
        name: widened(figure(partial(share_of, truth, called), patients), patients[counted[name]])
        for name, share_of in OF_CALLS.items()
    }


def at_prevalence(
    prevalence: float, truth: np.ndarray, called: dict[str, np.ndarray], patients: np.ndarray
) -> dict[str, Any]:
    """Positive and negative predictive value of each operating point, were so large a share of the images positive."""
    told: dict[str, Any] = {"prevalence": round(prevalence, 4)}
    for point, calls in called.items():
        told[point] = {}
        for place, (kind, hidden) in enumerate((("positive", ~truth), ("negative", truth))):
            value = figure(partial(_predictive, truth, calls, prevalence, place), patients)
            if value["value"] == 1.0:  # no miss seen; as many as the exact interval leaves room for
                value["low"] = _lowest_predictive(truth, calls, prevalence, patients[hidden])[place]
            told[point][kind] = value
    return told


def _lowest_predictive(
    truth: np.ndarray, called: np.ndarray, prevalence: float, patients: np.ndarray
) -> tuple[float, float]:
    bound = metrics.certain_bound(len(np.unique(patients)))
    sensitivity, specificity = (min(of(truth, called), bound) for of in (metrics.sensitivity, metrics.specificity))
    positive, negative = metrics.predictive_values(sensitivity, specificity, prevalence)
    return round(positive, 4), round(negative, 4)


def _predictive(truth: np.ndarray, called: np.ndarray, prevalence: float, place: int, weights: np.ndarray) -> Any:
    sensitivity, specificity = (of(truth, called, weights) for of in (metrics.sensitivity, metrics.specificity))
    return metrics.predictive_values(sensitivity, specificity, prevalence)[place]


def of_all_classes(
    data: DataSet, classes: tuple[str, ...], chances: np.ndarray, patients: np.ndarray
) -> dict[str, Any]:
    """The likeliest class of each image: accuracy, sensitivity and AUC of each class, who was called what."""
    labels = np.array([classes.index(image.label) for image in data.images])
    called = chances.argmax(axis=1)
    aucs = {
        name: figure(partial(metrics.auc, labels == i, chances[:, i]), patients)
        for i, name in enumerate(classes)
        if (labels == i).any()
    }
    return {
        "accuracy": share(labels == called, patients),
        "sensitivity": {a: share(called[labels == i] == i, patients[labels == i]) for i, a in enumerate(classes)},
        "auc": aucs,
        "macro_auc": figure(partial(_macro_auc, labels, chances), patients),
        "confusion": confusion(data, classes, chances),
    }


def confusion(data: DataSet, classes: tuple[str, ...], chances: np.ndarray) -> dict[str, dict[str, int]]:
    """How many images of each class have each class as their likeliest."""
    called = np.array(classes)[chances.argmax(axis=1)]
    return {a: {b: int((data.labelled(a) & (called == b)).sum()) for b in classes} for a in classes}


def _macro_auc(labels: np.ndarray, chances: np.ndarray, weights: np.ndarray) -> Any:
    """Mean of the AUC of each class that is there against the rest."""
    return np.mean([metrics.auc(labels == i, chances[:, i], weights) for i in np.unique(labels)], axis=0)


def groups(data: DataSet, truth: np.ndarray, scores: np.ndarray) -> dict[str, dict[str, dict[str, Any]]]:
    """By every fact that is known of the images: how many, the share called positive, the shares of right calls."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    patients = data.patient_numbers()
    for column in sorted({name for image in data.images for name in image.facts}):
        values = np.array([image.facts.get(column, "") for image in data.images])
        kinds: Iterable[str] = sorted(set(values) - {""})
        if len(set(kinds)) <= MOST_KINDS:
            members = {kind: values == kind for kind in kinds}
            found[column] = {kind: _group(truth[m], scores[m], patients[m]) for kind, m in members.items()}
    return found


def _group(truth: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> dict[str, Any]:
    found: dict[str, Any] = {"images": len(truth), "positive": int(truth.sum())}
    if len(truth) < SMALLEST_GROUP:
        return found | {"called_at_half": None, "auc": None}
    called = scores >= 0.5
    found |= {"called_at_half": round(float(called.mean()), 4)}
    found |= {"auc": figure(partial(metrics.auc, truth, scores), patients) if 0 < truth.sum() < len(truth) else None}
    return found | {
        name: value for name, value in shares_of_calls(truth, called, patients).items() if value["value"] is not None
    }
