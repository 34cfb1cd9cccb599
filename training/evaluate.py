"""How good a network is, on images with known classes: every figure with its 95 % interval by patient."""

from __future__ import annotations

import math
from collections.abc import Callable
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


def evaluate(scorer: Scorer, data: DataSet, name: str, cache: Path, progress: Progress) -> dict[str, Any]:
    """Figures of a network on a whole data set, as JSON can hold them.

    Images of classes that the network does not know are left out, and counted.
    """
    known = [i for i, image in enumerate(data.images) if image.label in scorer.classes]
    part = data.only(known)
    if len({image.label for image in part.images}) < 2:
        raise WorkshopError(
            f"{name} needs images of {' and '.join(scorer.classes)}; it has folders {list(data.classes)}."
        )
    scores = scorer.scores(read_arrays(part, scorer.preprocessing, cache, progress))
    found = {"kind": "labelled", "name": name, "left_out": len(data.images) - len(known)}
    return found | measured(part, scorer.positive, scores, scorer.thresholds)


def evaluate_held_out(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> dict[str, Any]:
    """Figures on the patients that the run held out, and the operating points chosen on them; kept in the run."""
    if data.fingerprint != manifest.facts["data"]["fingerprint"]:
        raise WorkshopError(f"These are not the images that {manifest.run} learned from.")
    scorer = scorer_of_run(manifest)
    split = split_by_patient(data, manifest.facts["recipe"]["validation_share"], manifest.facts["seed"])
    part = data.only(split.validation)
    if part.fingerprint != manifest.facts["split"]["validation"]["fingerprint"]:
        raise WorkshopError(f"This version of the code splits the patients otherwise than {manifest.run} did.")
    scores = scorer.scores(read_arrays(data, scorer.preprocessing, cache, progress)[split.validation])
    points = choose_operating_points(part.labelled(scorer.positive), scores)
    found = {"kind": "labelled", "name": "validation", "left_out": 0, "epoch": manifest.best["epoch"]}
    found |= measured(part, scorer.positive, scores, points.thresholds)
    found |= {"thresholds": points.thresholds.to_dict(), "thresholds_chosen": points.told()}
    manifest.keep_evaluation(found)
    return found


def measured(data: DataSet, positive: str, scores: np.ndarray, thresholds: Thresholds | None) -> dict[str, Any]:
    """AUC, and accuracy, sensitivity, specificity at 0.5 and at both operating points; the share in each band."""
    truth, patients = data.labelled(positive), [image.patient for image in data.images]
    labels = sorted({image.label for image in data.images})
    found: dict[str, Any] = {
        "images": {label: int(data.labelled(label).sum()) for label in labels},
        "patients": len(set(patients)),
        "auc": _figure(lambda weights: metrics.auc(truth, scores, weights), patients),
        "at_half": _at(0.5, truth, scores, patients),
    }
    if thresholds:
        found["at_sensitive"] = _at(thresholds.sensitive, truth, scores, patients)
        found["at_specific"] = _at(thresholds.specific, truth, scores, patients)
        bands = np.array([thresholds.band(float(score)) for score in scores])
        found["bands"] = {b: {n: int((data.labelled(n) & (bands == b)).sum()) for n in labels} for b in BANDS}
    return found


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
