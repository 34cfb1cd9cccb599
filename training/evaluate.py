"""How good a network is, on images with known classes: every figure with its 95 % interval by patient."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inference.bundle import Thresholds
from training import metrics
from training.cache import read_arrays
from training.data import DataSet, hashed_patient, split_by_patient
from training.errors import WorkshopError
from training.manifest import Manifest
from training.operating_points import choose_operating_points
from training.progress import Progress
from training.scorer import Scorer, scorer_of_run

BANDS = ("unlikely", "uncertain", "likely")


def evaluate(
    scorer: Scorer,
    data: DataSet,
    name: str,
    cache: Path,
    progress: Progress,
    prevalences: Sequence[float] = (),
    predictions: Path | None = None,
) -> dict[str, Any]:
    """Figures of a network on a whole data set, as JSON can hold them.

    Images of classes that the network does not know are left out, and counted.

    Args:
        prevalences: predictive values are told at the set's own and at these.
        predictions: a CSV file to write, a row per image.
    """
    part = known_images(scorer, data)
    chances = scorer.probabilities(read_arrays(part, scorer.preprocessing, cache, progress))
    if predictions:
        write_predictions(predictions, part, scorer, chances)
    found = {"kind": "labelled", "name": name, "left_out": len(data.images) - len(part.images)}
    return found | measured(part, scorer.classes, scorer.positive, chances, scorer.thresholds, prevalences)


def known_images(scorer: Scorer, data: DataSet) -> DataSet:
    """The images of classes that the network knows; WorkshopError where there are fewer than two of these."""
    part = data.only([i for i, image in enumerate(data.images) if image.label in scorer.classes])
    if len({image.label for image in part.images}) < 2:
        raise WorkshopError(
            f"{scorer.title} needs images of {' and '.join(scorer.classes)}; here are folders {list(data.classes)}."
        )
    return part


def write_predictions(path: Path, data: DataSet, scorer: Scorer, chances: np.ndarray) -> None:
    """A row per image: path, label, patient, probabilities, the likeliest class, the band."""
    positive = scorer.classes.index(scorer.positive)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient", *(f"p_{name}" for name in scorer.classes), "likeliest", "band"])
        for image, row in zip(data.images, chances, strict=True):
            band = scorer.thresholds.band(float(row[positive])) if scorer.thresholds else ""
            told = [f"{chance:.6f}" for chance in row]
            writer.writerow([image.name, image.label, image.patient, *told, scorer.classes[int(row.argmax())], band])


def evaluate_held_out(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> dict[str, Any]:
    """Figures on the patients that the run held out, and the operating points chosen on them; kept in the run."""
    if data.fingerprint != manifest.facts["data"]["fingerprint"]:
        raise WorkshopError(f"These are not the images that {manifest.run} learned from.")
    scorer = scorer_of_run(manifest)
    part, chances = held_out_chances(manifest, data, cache, progress)
    scores = chances[:, scorer.classes.index(scorer.positive)]
    points = choose_operating_points(part.labelled(scorer.positive), scores)
    found = {"kind": "labelled", "name": "validation", "left_out": 0, "epoch": manifest.best["epoch"]}
    found |= measured(part, scorer.classes, scorer.positive, chances, points.thresholds)
    found |= {"thresholds": points.thresholds.to_dict(), "thresholds_chosen": points.told()}
    manifest.keep_evaluation(found)
    return found


def held_out_chances(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> tuple[DataSet, np.ndarray]:
    """The images that the run held out, and its probabilities for them, float32 (n, classes)."""
    facts = manifest.facts
    split = split_by_patient(data, facts["recipe"]["validation_share"], facts["seed"], manifest.fold)
    part = data.only(split.validation)
    if part.fingerprint != facts["split"]["validation"]["fingerprint"]:
        raise WorkshopError(f"This version of the code splits the patients otherwise than {manifest.run} did.")
    scorer = scorer_of_run(manifest)
    arrays = read_arrays(data, scorer.preprocessing, cache, progress)
    return part, scorer.probabilities(arrays[split.validation])


def measured(
    data: DataSet,
    classes: tuple[str, ...],
    positive: str,
    chances: np.ndarray,
    thresholds: Thresholds | None,
    prevalences: Sequence[float] = (),
) -> dict[str, Any]:
    """Every figure of the positive class against the rest, of all classes together, and of each group of images.

    Args:
        chances: probabilities, float (N, classes), in the order of `classes`.
    """
    truth, patients = data.labelled(positive), [image.patient for image in data.images]
    scores = chances[:, classes.index(positive)]
    labels = sorted({image.label for image in data.images})
    found: dict[str, Any] = {
        "images": {label: int(data.labelled(label).sum()) for label in labels},
        "patients": len(set(patients)),
        **{name: _figure(partial(figure, truth, scores), patients) for name, figure in OF_SCORES.items()},
        "at_half": _at(0.5, truth, scores, patients),
    }
    if thresholds:
        found["at_sensitive"] = _at(thresholds.sensitive, truth, scores, patients)
        found["at_specific"] = _at(thresholds.specific, truth, scores, patients)
        bands = np.array([thresholds.band(float(score)) for score in scores])
        found["bands"] = {b: {n: int((data.labelled(n) & (bands == b)).sum()) for n in labels} for b in BANDS}
    points = [name for name in ("at_half", "at_sensitive", "at_specific") if name in found]
    found["predictive_values"] = [_at_prevalence(found, points, p) for p in (float(truth.mean()), *prevalences)]
    if len(classes) > 2:
        found["classes"] = _of_all_classes(data, classes, chances, patients)
    return found | {"groups": _groups(data, truth, scores)}


OF_SCORES = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "brier": metrics.brier,
    "calibration_error": metrics.calibration_error,
}
SMALLEST_GROUP = 5  # images; of fewer, a share says nothing


def _at_prevalence(found: dict[str, Any], points: Sequence[str], prevalence: float) -> dict[str, Any]:
    told: dict[str, Any] = {"prevalence": round(prevalence, 4)}
    for point in points:
        values = metrics.predictive_values(
            found[point]["sensitivity"]["value"], found[point]["specificity"]["value"], prevalence
        )
        told[point] = [None if math.isnan(value) else round(value, 4) for value in values]
    return told


def _of_all_classes(
    data: DataSet, classes: tuple[str, ...], chances: np.ndarray, patients: list[str]
) -> dict[str, Any]:
    labels = np.array([classes.index(image.label) for image in data.images])
    called = chances.argmax(axis=1)
    right = labels == called
    return {
        "accuracy": _figure(lambda weights: float(np.average(right, weights=weights)), patients),
        "confusion": {
            a: {b: int(((labels == i) & (called == j)).sum()) for j, b in enumerate(classes)}
            for i, a in enumerate(classes)
        },
    }


def _groups(data: DataSet, truth: np.ndarray, scores: np.ndarray) -> dict[str, dict[str, dict[str, Any]]]:
    """By every fact that is known of the images: how many, how many positive, the share called positive at 0.5."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for column in sorted({name for image in data.images for name in image.facts}):
        values = np.array([image.facts.get(column, "") for image in data.images])
        kinds = sorted(set(values) - {""})
        if len(kinds) <= MOST_KINDS:
            found[column] = {kind: _group(truth[values == kind], scores[values == kind]) for kind in kinds}
    return found


MOST_KINDS = 30  # a column with more values is a number or a name, not a group


def _group(truth: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    enough = len(truth) >= SMALLEST_GROUP
    both = enough and truth.any() and not truth.all()
    return {
        "images": len(truth),
        "positive": int(truth.sum()),
        "called_at_half": round(float((scores >= 0.5).mean()), 4) if enough else None,
        "auc": round(metrics.auc(truth, scores), 4) if both else None,
    }


def _at(threshold: float, truth: np.ndarray, scores: np.ndarray, patients: list[str]) -> dict[str, Any]:
    called = scores >= threshold
    named = {"accuracy": metrics.accuracy, "sensitivity": metrics.sensitivity, "specificity": metrics.specificity}
    counted = {"accuracy": truth | ~truth, "sensitivity": truth, "specificity": ~truth}
    figures = {
        name: _widened(_figure(partial(share, truth, called), patients), patients, counted[name])
        for name, share in named.items()
    }
    counts = {
        "true_positive": int((called & truth).sum()),
        "false_negative": int((~called & truth).sum()),
        "false_positive": int((called & ~truth).sum()),
        "true_negative": int((~called & ~truth).sum()),
    }
    return {"threshold": threshold, **figures, "confusion": counts}


def _figure(figure: Callable[[np.ndarray], float], patients: list[str]) -> dict[str, float | None]:
    low, high = metrics.interval_by_patient(figure, patients)
    named = {"value": figure(np.ones(len(patients))), "low": low, "high": high}
    return {name: None if math.isnan(number) else round(number, 4) for name, number in named.items()}


def _widened(figure: dict[str, float | None], patients: list[str], counted: np.ndarray) -> dict[str, float | None]:
    """A share of exactly 0 or 1 gets the exact interval of its number of patients."""
    if figure["value"] not in (0.0, 1.0):
        return figure
    bound = round(metrics.certain_bound(len({patients[i] for i in np.flatnonzero(counted)})), 4)
    return figure | ({"low": bound} if figure["value"] == 1.0 else {"high": round(1 - bound, 4)})


def taught_patients(manifest: Manifest, data: DataSet) -> int:
    """How many patients of a data set carry a name that the run learned from."""
    split = manifest.facts["split"]
    taught = set(split["train"]["patients"])
    return sum(hashed_patient(patient, split["salt"]) in taught for patient in {i.patient for i in data.images})
