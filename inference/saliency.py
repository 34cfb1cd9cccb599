"""Where in the picture the evidence for a class lies: a heat map. Numpy and Pillow; the gradient comes from runtime.

Grad-CAM: Selvaraju et al., ICCV 2017 (arXiv:1610.02391). Where a network has no feature maps that keep their place, the
picture is covered patch by patch instead (Zeiler and Fergus, ECCV 2014).

What it can't say: it is as coarse as the feature maps (10 x 10 for a picture of 160), it shows what raised the score
and nothing that lowered it, it is scaled to its own maximum (so a map of a score near zero looks as strong as any), and
a map that lies on the lungs does not show that the network judged lungs rightly.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image

PATCHES = 12  # along each side, where the picture is covered
BATCH = 32
SMALLEST = 1e-12  # of a probability

Evidence = tuple[np.ndarray, np.ndarray]
"""The last feature maps of one picture and the gradient of a class's score by them, float32 (h, w, maps) each."""


class Explainable(Protocol):
    """What a heat map needs of a network: `inference.runtime.Network`, or a run of the workshop."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The order of the columns."""

    def predict(self, batch: np.ndarray, /) -> np.ndarray:
        """uint8 (N, H, W, 1), N at most 32 -> float32 (N, len(classes))."""

    def evidence(self, array: np.ndarray, name: str, /) -> Evidence | None:
        """Of one uint8 (H, W, 1) picture for the class `name`; None where there are no feature maps to look at."""


def heat_map(network: Explainable, array: np.ndarray, name: str) -> np.ndarray:
    """The evidence for the class `name` in one prepared picture uint8 (H, W, 1): float32 (H, W), 0 to 1.

    All zeros where nothing speaks for the class.
    """
    found = network.evidence(array, name)
    coarse = grad_cam(*found) if found else occlusion(network, array, name)
    height, width = array.shape[:2]
    smooth = Image.fromarray(coarse.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return _scaled(np.asarray(smooth))


def grad_cam(features: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """float32 (h, w, maps) twice -> float32 (h, w), 0 and more: maps weighed by their mean gradient."""
    weights = gradient.mean(axis=(0, 1))
    raised: np.ndarray = np.maximum(features @ weights, 0).astype(np.float32)
    return raised


def occlusion(network: Explainable, array: np.ndarray, name: str) -> np.ndarray:
    """How far the log odds fall when a patch shows the picture's mean grey: float32 (patches, patches), 0 and more."""
    column, size = network.classes.index(name), array.shape[:2]
    edges = [np.linspace(0, side, PATCHES + 1).astype(int) for side in size]
    covered = np.repeat(array[np.newaxis], PATCHES**2, axis=0)
    for place in range(PATCHES**2):
        row, col = divmod(place, PATCHES)
        covered[place, edges[0][row] : edges[0][row + 1], edges[1][col] : edges[1][col + 1]] = round(array.mean())
    parts = [network.predict(covered[start : start + BATCH]) for start in range(0, len(covered), BATCH)]
    whole = log_odds(network.predict(array[np.newaxis]), column)
    odds = log_odds(np.concatenate(parts), column)
    fallen: np.ndarray = np.maximum(whole - odds, 0).reshape(PATCHES, PATCHES).astype(np.float32)
    return fallen


def log_odds(rows: np.ndarray, column: int) -> np.ndarray:
    """Of one class, from probabilities (N, classes): float (N,). Near 0 and 1 they move, probabilities stand still."""
    chances = np.clip(rows.astype(np.float64), SMALLEST, 1)
    others = np.delete(chances, column, axis=1).sum(axis=1)
    odds: np.ndarray = np.log(chances[:, column]) - np.log(others)
    return odds


def _scaled(values: np.ndarray) -> np.ndarray:
    largest = float(values.max())
    scaled: np.ndarray = (values / largest if largest > 0 else np.zeros_like(values)).astype(np.float32)
    return scaled
