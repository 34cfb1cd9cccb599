"""The patients that a run held out: what it says of them, kept in the run, and everything that is chosen by it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from training.calibration import Calibration, fit_calibration
from training.data import DataSet, LabelledImage, hashed_patient
from training.errors import WorkshopError
from training.figures import measured
from training.manifest import Manifest
from training.operating_points import choose_operating_points

FILE = "held_out.csv"
FIXED = ("name", "label", "patient")


def keep_held_out(manifest: Manifest, data: DataSet, chances: np.ndarray, classes: tuple[str, ...]) -> None:
    """A row per held-out image: name, class, salted hash of the patient, facts, the network's own probabilities."""
    columns = sorted({name for image in data.images for name in image.facts})
    salt = manifest.facts["split"]["salt"]
    with (manifest.run / FILE).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*FIXED, *(f"fact_{name}" for name in columns), *(f"p_{name}" for name in classes)])
        for image, row in zip(data.images, chances, strict=True):
            fixed = (image.name, image.label, hashed_patient(image.patient, salt))
            writer.writerow([*fixed, *(image.facts.get(name, "") for name in columns), *(repr(float(p)) for p in row)])


def read_held_out(manifest: Manifest, classes: tuple[str, ...]) -> tuple[DataSet, np.ndarray]:
    """What `keep_held_out` wrote: images without files and hashes, and float32 (N, classes)."""
    path = manifest.run / FILE
    if not path.is_file():
        raise WorkshopError(
            f"{manifest.run} has no {FILE}: run its fit command once more, it measures what is trained."
        )
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = tuple(
        LabelledImage(Path(row["name"]), row["name"], row["label"], row["patient"], "", _facts(row)) for row in rows
    )
    return DataSet(images, classes), np.array(
        [[float(row[f"p_{name}"]) for name in classes] for row in rows], np.float32
    )


def _facts(row: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("fact_"): value for name, value in row.items() if name.startswith("fact_") and value}


def choose_by_held_out(
    manifest: Manifest,
    data: DataSet,
    chances: np.ndarray,
    classes: tuple[str, ...],
    sensitive: float = 0.98,
    specific: float = 0.98,
    calibrate: bool = True,
) -> dict[str, Any]:
    """Fit the calibration, choose the operating points by the calibrated scores, measure; kept as "validation".

    Args:
        chances: the network's own probabilities, (N, classes). sensitive, specific: the aims of the two points.
    """
    positive = manifest.facts["data"]["positive"]
    place = classes.index(positive)
    labels = np.array([classes.index(image.label) for image in data.images])
    calibration = fit_calibration(chances, labels, place) if calibrate else None
    if calibration:
        chances = calibration.applied(chances, place)
    points = choose_operating_points(labels == place, chances[:, place], sensitive, specific)
    found = {"kind": "labelled", "name": "validation", "left_out": 0, "epoch": manifest.best["epoch"]}
    found |= measured(data, classes, positive, chances, points.thresholds, (), calibration)
    found |= {"thresholds": points.thresholds.to_dict(), "thresholds_chosen": points.told()}
    found |= {"calibration": told_calibration(calibration, len(labels))}
    manifest.keep_evaluation(found)
    return found


def told_calibration(calibration: Calibration | None, images: int) -> dict[str, Any]:
    """As bundle.json holds it."""
    if not calibration:
        return {"method": "none"}
    return calibration.to_dict() | {"fitted_on": f"{images} images of the held-out patients"}


def rechoose(manifest: Manifest, sensitive: float, specific: float, calibrate: bool) -> dict[str, Any]:
    """Other operating points for a run, without its images and without training; its other evaluations are dropped.

    They were measured at the old points; WorkshopError where an aim is no share.
    """
    for aim in (sensitive, specific):
        if not 0 < aim <= 1:
            raise WorkshopError(f"An aim is a share above 0 and at most 1, not {aim}.")
    classes = tuple(sorted(manifest.facts["data"]["classes"]))
    data, chances = read_held_out(manifest, classes)
    found = choose_by_held_out(manifest, data, chances, classes, sensitive, specific, calibrate)
    stale = [path for path in (manifest.run / "evaluations").glob("*.json") if path.stem != "validation"]
    for path in stale:
        path.unlink()
    return found | {"dropped": sorted(path.stem for path in stale)}
