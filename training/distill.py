"""A network that learns what another one, or a mean of several, says of the same pictures (Hinton 2015)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.bundle import FACTS, Bundle, Output
from training.cache import read_arrays
from training.data import DataSet
from training.errors import WorkshopError
from training.manifest import FILE, Manifest
from training.progress import Progress
from training.recipe import Recipe
from training.scorer import Scorer, scorer_of_bundle, scorer_of_run

Answers = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Lesson:
    """What a network should answer.

    Attributes:
        targets: float32 (N, outputs), for each image as it lies on disk.
        shown: pictures as they are shown, uint8 (B, H, W, 1) -> float32 (B, outputs); None: the targets stand.
    """

    targets: np.ndarray
    shown: Answers | None = None


def lesson_of_teacher(recipe: Recipe, data: DataSet, output: Output, cache: Path, progress: Progress) -> Lesson:
    """The teacher's probabilities: of each picture as it is shown (Beyer 2022) where both prepare pictures alike.

    Else of each picture as it lies on disk, once, prepared as the teacher wants it.

    Raises:
        WorkshopError: no run or bundle, or one of other classes.
    """
    teacher = open_teacher(Path(recipe.teacher))
    if teacher.classes != data.classes:
        raise WorkshopError(f"{teacher.title} tells {teacher.classes} apart; the data has {data.classes}.")

    def answers(pictures: np.ndarray) -> np.ndarray:
        chances = teacher.probabilities(pictures)
        if output.kind == "sigmoid":
            chances = chances[:, [data.classes.index(output.of)]]
        wanted: np.ndarray = chances.astype(np.float32)
        return wanted

    if teacher.preprocessing == recipe.preprocessing:
        outputs = 1 if output.kind == "sigmoid" else len(data.classes)
        return Lesson(np.zeros((len(data.images), outputs), np.float32), answers)
    progress.say(f"{teacher.title} prepares pictures in another way: it is asked once of each")
    return Lesson(answers(read_arrays(data, teacher.preprocessing, cache, progress)))


def open_teacher(path: Path) -> Scorer:
    """A bundle as it is served, or a run with its own probabilities: calibration is for what is published."""
    if (path / FACTS).exists():
        return scorer_of_bundle(Bundle.open(path))
    return scorer_of_run(Manifest.open(path), calibrated=False)


def named_by_content(path: Path) -> str:
    """A teacher as a manifest names it: the same on every machine."""
    if (path / FACTS).is_file():
        bundle = Bundle.open(path)
        return f"{bundle.name} {bundle.version} {bundle.sha256}"
    if not (path / FILE).is_file():
        raise WorkshopError(f"{path} can't teach: it is neither a run (it has no {FILE}) nor a bundle.")
    manifest = Manifest.open(path)
    return f"{path.resolve().name} sha256 {hashlib.sha256(manifest.weights(manifest.best).read_bytes()).hexdigest()}"
