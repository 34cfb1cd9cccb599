"""The same pictures in two forms (small copies and originals, two exports): how far the probability moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from training.cache import read_arrays
from training.data import DataSet
from training.errors import WorkshopError
from training.progress import Progress
from training.scorer import Scorer


def compare_forms(
    scorer: Scorer, data: DataSet, other: DataSet, name: str, cache: Path, progress: Progress
) -> dict[str, Any]:
    """Differences in the probability of the positive class between files of one name in both sets.

    Returns: pairs; median, 95th percentile and largest absolute difference; changed bands; changed sides of 0.5.
    """
    places = {image.name: place for place, image in enumerate(data.images)}
    shared = [place for place, image in enumerate(other.images) if image.name in places]
    if not shared:
        raise WorkshopError("The two folders have no file name in common.")
    ours = data.only([places[other.images[place].name] for place in shared])
    one, two = (
        scorer.scores(read_arrays(part, scorer.preprocessing, cache, progress)) for part in (ours, other.only(shared))
    )
    return {"kind": "forms", "name": name} | differences(scorer, one, two)


def differences(scorer: Scorer, one: np.ndarray, two: np.ndarray) -> dict[str, Any]:
    """The figures of two score arrays of the same pictures, (N,) each."""
    moved = np.abs(one - two)
    found: dict[str, Any] = {
        "pairs": len(moved),
        "median": round(float(np.median(moved)), 4),
        "percentile_95": round(float(np.percentile(moved, 95)), 4),
        "largest": round(float(moved.max()), 4),
        "mean_signed": round(float((two - one).mean()), 4),
        "changed_side_of_half": int(((one >= 0.5) != (two >= 0.5)).sum()),
    }
    if scorer.thresholds:
        band = scorer.thresholds.band
        found["changed_bands"] = sum(band(float(a)) != band(float(b)) for a, b in zip(one, two, strict=True))
    return found
