"""Inputs for the network that anybody can compute again: a chest with two lungs, by formula, no random numbers."""

from __future__ import annotations

import numpy as np

PHANTOMS = (
    # brightness, fall to the corners, depth of the lungs, strength and number of ribs, half width and height, spine
    (109, 108, 156, 38, 59, 0.17, 0.39, 11),
    (102, 93, 152, 35, 68, 0.17, 0.38, 15),
    (232, 16, 91, 22, 40, 0.19, 0.42, 59),
    (117, 48, 120, 26, 67, 0.18, 0.39, 24),
    (111, 140, 140, 35, 49, 0.15, 0.42, 14),
    (110, 110, 136, 17, 36, 0.14, 0.38, 7),
    (168, 87, 155, 19, 31, 0.15, 0.42, 10),
    (210, 89, 149, 12, 49, 0.14, 0.42, 12),
)
"""Chosen so that the shipped model is sure of none: where a sigmoid is flat, a changed network would go unseen."""


def phantom_arrays(side: int = 64) -> np.ndarray:
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
