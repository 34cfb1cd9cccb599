"""Cross-validation: every patient is held out once. Each fold is a run of its own, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.data import DataSet, Fold
from training.errors import WorkshopError
from training.evaluate import held_out_chances, measured
from training.manifest import Manifest
from training.progress import Progress
from training.scorer import classes_of

FILE = "folds.json"


def fold_run(run: Path, number: int) -> Path:
    """The folder of one fold."""
    return run / f"fold-{number}"


def fit_folds(command: Sequence[str], run: Path, folds: int, progress: Progress) -> None:
    """Train every fold that is not finished, one after another: memory is that of one fold.

    Args:
        command: arguments of `python -m training fit` without --folds and --out.

    Raises:
        WorkshopError: a fold could not be trained; finished ones stay, the same command goes on.
    """
    for number in range(1, folds + 1):
        progress.say(f"fold {number} of {folds}")
        arguments = [*command, "--out", str(fold_run(run, number)), "--fold", str(Fold(number, folds))]
        command_line = [sys.executable, "-m", "training", *arguments]
        done = subprocess.run(command_line, stdout=subprocess.PIPE, check=False)  # noqa: S603 our own program
        if done.returncode:
            raise WorkshopError(f"Fold {number} ended with exit code {done.returncode}; the folds before it are kept.")


def pooled(run: Path, folds: int, data: DataSet, cache: Path, progress: Progress) -> dict[str, Any]:
    """Figures of all images, each judged by the fold that had not seen its patient; and those of each fold.

    Kept in the run's folds.json.
    """
    manifests = [Manifest.open(fold_run(run, number)) for number in range(1, folds + 1)]
    parts = [held_out_chances(manifest, data, cache, progress) for manifest in manifests]
    whole = DataSet(tuple(image for part, _ in parts for image in part.images), data.classes)
    positive = manifests[0].facts["data"]["positive"]
    chances = np.concatenate([chances for _, chances in parts])
    found = {"kind": "labelled", "name": f"{folds} folds", "left_out": 0}
    found |= measured(whole, classes_of(manifests[0]), positive, chances, None)
    found["folds"] = [_told(manifest) for manifest in manifests]
    (run / FILE).write_text(json.dumps(found, indent=1, allow_nan=False))
    return found


def _told(manifest: Manifest) -> dict[str, Any]:
    names = ("epoch", "validation_accuracy", "validation_auc", "validation_loss")
    return {"fold": str(manifest.fold), **{name: manifest.best[name] for name in names}}
