"""The patients that a run held out: what it says of them, kept in the run, and everything that is chosen by it."""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass, replace
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
    images, chances, known = [], array("f"), dict[tuple[tuple[str, str], ...], dict[str, str]]()
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            facts = _facts(row)
            facts = known.setdefault(tuple(facts.items()), facts)  # one for all images of whom the same is known
            images.append(LabelledImage(Path(), row["name"], row["label"], row["patient"], "", facts))
            chances.extend(float(row[f"p_{name}"]) for name in classes)
    return DataSet(tuple(images), classes), np.array(chances).reshape(-1, len(classes))


def _facts(row: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("fact_"): value for name, value in row.items() if name.startswith("fact_") and value}


@dataclass(frozen=True)
class Judged:
    """Images that taught nothing, and what a network says of them on its own.

    Attributes:
        chances: not calibrated, (N, classes).
        name: of the set, as a sentence says it.
    """

    data: DataSet
    chances: np.ndarray
    classes: tuple[str, ...]
    name: str = "the held-out patients"

    @property
    def labels(self) -> np.ndarray:
        """The place of each image's class, int (N,)."""
        return np.array([self.classes.index(image.label) for image in self.data.images])


def choose_points_and_measure(
    manifest: Manifest,
    held_out: Judged,
    on: Judged | None = None,
    sensitive: float = 0.98,
    specific: float = 0.98,
    calibrate: bool = True,
) -> dict[str, Any]:
    """Fit the calibration, choose the operating points by the calibrated scores; measure the held-out patients by them.

    Kept in the run as "validation".

    Args:
        on: the images that decide; None: the held-out patients. sensitive, specific: the aims of the two points.
    """
    classes, by = held_out.classes, on or held_out
    positive = manifest.facts["data"]["positive"]
    place = classes.index(positive)
    calibration = fit_calibration(by.chances, by.labels, place) if calibrate else None

    def scaled(chances: np.ndarray) -> np.ndarray:
        return calibration.applied(chances, place) if calibration else chances

    points = choose_operating_points(by.labels == place, scaled(by.chances)[:, place], sensitive, specific)
    found = {"kind": "labelled", "name": "validation", "left_out": 0, "epoch": manifest.best["epoch"]}
    chances = scaled(held_out.chances)
    found |= measured(held_out.data, classes, positive, chances, points.thresholds, (), calibration)
    chosen = replace(points, chosen_on=by.name)
    found |= {"thresholds": points.thresholds.to_dict(), "thresholds_chosen": chosen.told(), "chosen_on": by.name}
    found |= {"calibration": told_calibration(calibration, f"{len(by.labels)} images of {by.name}")}
    manifest.keep_evaluation(found)
    return found


def told_calibration(calibration: Calibration | None, fitted_on: str) -> dict[str, Any]:
    """As bundle.json holds it."""
    if not calibration:
        return {"method": "none"}
    return calibration.to_dict() | {"fitted_on": fitted_on}


def rechoose(
    manifest: Manifest, sensitive: float, specific: float, calibrate: bool, on: Judged | None = None
) -> dict[str, Any]:
    """Other operating points for a run, without training; its other evaluations are dropped.

    They were measured at the old points; WorkshopError where an aim is no share.
    """
    for aim in (sensitive, specific):
        if not 0 < aim <= 1:
            raise WorkshopError(f"An aim is a share above 0 and at most 1, not {aim}.")
    classes = tuple(sorted(manifest.facts["data"]["classes"]))
    held_out = Judged(*read_held_out(manifest, classes), classes)
    found = choose_points_and_measure(manifest, held_out, on, sensitive, specific, calibrate)
    stale = [path for path in (manifest.run / "evaluations").glob("*.json") if path.stem != "validation"]
    for path in stale:
        path.unlink()
    return found | {"dropped": sorted(path.stem for path in stale)}
