"""How good a network is, on images with known classes: every figure with its 95 % interval by patient."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.cache import read_arrays
from training.data import DataSet, split_by_patient
from training.errors import WorkshopError
from training.figures import measured
from training.held_out import Judged, choose_points_and_measure, keep_held_out
from training.manifest import Manifest
from training.progress import Progress
from training.scorer import Scorer, classes_of, scorer_of_run
from training.taught import refuse_taught

__all__ = ["evaluate", "evaluate_held_out", "held_out_chances", "known_images", "measured", "write_predictions"]


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
    return found | measured(
        part, scorer.classes, scorer.positive, chances, scorer.thresholds, prevalences, scorer.calibration
    )


def known_images(scorer: Scorer, data: DataSet) -> DataSet:
    """The images of classes that the network knows; WorkshopError where there are fewer than two of these."""
    part = data.only([i for i, image in enumerate(data.images) if image.label in scorer.classes])
    if len({image.label for image in part.images}) < 2:
        raise WorkshopError(
            f"{scorer.title} needs images of {' and '.join(scorer.classes)}; here are folders {list(data.classes)}."
        )
    return part


def write_predictions(path: Path, data: DataSet, scorer: Scorer, chances: np.ndarray) -> None:
    """A row per image: path, label, patient, probabilities, the likeliest class, whether it is right, the band."""
    positive = scorer.classes.index(scorer.positive)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["path", "label", "patient", *(f"p_{name}" for name in scorer.classes), "likeliest", "right", "band"]
        )
        for image, row in zip(data.images, chances, strict=True):
            band = scorer.thresholds.band(float(row[positive])) if scorer.thresholds else ""
            told = [f"{chance:.6f}" for chance in row]
            likeliest = scorer.classes[int(row.argmax())]
            right = "right" if likeliest == image.label else "wrong"
            writer.writerow([image.name, image.label, image.patient, *told, likeliest, right, band])


def evaluate_held_out(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> dict[str, Any]:
    """Figures on the patients that the run held out, and what is chosen by them; kept in the run."""
    if data.fingerprint != manifest.facts["data"]["fingerprint"]:
        raise WorkshopError(f"These are not the images that {manifest.run} learned from.")
    part, chances = held_out_chances(manifest, data, cache, progress)
    classes = classes_of(manifest)
    keep_held_out(manifest, part, chances, classes)
    return choose_points_and_measure(manifest, Judged(part, chances, classes))


def judged_by_run(manifest: Manifest, data: DataSet, name: str, cache: Path, progress: Progress) -> Judged:
    """Another set and what the run's network says of it on its own; to choose operating points on.

    Raises:
        WorkshopError: the network learned from these patients, or fewer than two of its classes are there.
    """
    refuse_taught(manifest.run, data, False)
    scorer = scorer_of_run(manifest, calibrated=False)
    part = known_images(scorer, data)
    chances = scorer.probabilities(read_arrays(part, scorer.preprocessing, cache, progress))
    return Judged(part, chances, scorer.classes, name)


def held_out_chances(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> tuple[DataSet, np.ndarray]:
    """The images that the run held out, and its network's own probabilities for them, float32 (n, classes)."""
    facts = manifest.facts
    split = split_by_patient(data, facts["recipe"]["validation_share"], facts["seed"], manifest.fold)
    part = data.only(split.validation)
    if part.fingerprint != facts["split"]["validation"]["fingerprint"]:
        raise WorkshopError(f"This version of the code splits the patients otherwise than {manifest.run} did.")
    scorer = scorer_of_run(manifest, calibrated=False)  # what is fitted on these images must not judge them
    arrays = read_arrays(data, scorer.preprocessing, cache, progress)
    return part, scorer.probabilities(arrays, split.validation)
