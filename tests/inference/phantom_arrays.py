"""Inputs for the network that anybody can compute again: a chest with two lungs, by formula, no random numbers."""

from __future__ import annotations

import numpy as np

PHANTOMS = (
    # brightness, fall to the corners, depth of the lungs, strength and number of ribs, half width and height, spine
    (249, 21, 108, 8, 67, 0.18, 0.37, 18),
    (246, 75, 153, 15, 51, 0.15, 0.39, 56),
    (240, 32, 137, 19, 21, 0.16, 0.25, 27),
    (234, 43, 114, 18, 38, 0.14, 0.39, 20),
    (226, 51, 100, 24, 81, 0.17, 0.40, 50),
    (227, 49, 133, 22, 81, 0.12, 0.41, 8),
    (113, 233, 48, 17, 24, 0.18, 0.31, 12),
    (147, 247, 147, 38, 33, 0.20, 0.37, 33),
)
"""Chosen so that the shipped model is sure of none: where a sigmoid is flat, a changed network would go unseen."""


def phantom_arrays(side: int = 160) -> np.ndarray:
    """uint8 (8, side, side, 1), one per row of PHANTOMS."""
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    return np.stack([_phantom(x, y, *row) for row in PHANTOMS])[..., np.newaxis]


def _phantom(
    x: np.ndarray,
    y: np.ndarray,
    brightness: float,
    fall: float,
    depth: float,
    ribs: float,
    rib_number: float,
    half_width: float,
    half_height: float,
    spine: float,
) -> np.ndarray:
    lungs = sum(_ellipse((x - centre) / half_width, (y - 0.45) / half_height) for centre in (0.3, 0.7))
    chest = brightness - fall * np.hypot(x - 0.5, y - 0.5) + spine * np.exp(-(((x - 0.5) / 0.05) ** 2))
    return np.clip(np.rint(chest - depth * lungs + ribs * lungs * np.sin(rib_number * y)), 0, 255).astype(np.uint8)


def _ellipse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """1 inside, 0 outside, soft at the edge."""
    return np.clip((1.1 - np.hypot(x, y)) / 0.2, 0, 1)
