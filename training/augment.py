"""Augmentation: one composed affine per picture, drawn from (seed, epoch, index); any Keras backend."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture may be turned, scaled, shifted and mirrored.

    Attributes:
        rotation: largest turn to either side, in degrees.
        zoom: largest relative change of scale, drawn for each axis on its own.
        shift: largest move along each axis, as a share of that side.
        flip: whether half of the pictures are mirrored left to right.
    """

    rotation: float = 30.0
    zoom: float = 0.2
    shift: float = 0.1
    flip: bool = True

    def __call__(self, picture: np.ndarray, seed: int, epoch: int, index: int) -> np.ndarray:
        """A changed copy of one uint8 (H, W, 1) picture; the same four arguments always give the same pixels."""
        draw = np.random.default_rng((seed, epoch, index))
        return warped(picture, self.drawn_matrix(draw, *picture.shape[:2]))

    def drawn_matrix(self, draw: np.random.Generator, height: int, width: int) -> np.ndarray:
        """The 2x3 matrix that takes a point (x, y) of the result to the point of the source it shows."""
        angle = math.radians(draw.uniform(-self.rotation, self.rotation))
        scale_x, scale_y = draw.uniform(1 - self.zoom, 1 + self.zoom, size=2)
        mirror = -1.0 if draw.random() < 0.5 and self.flip else 1.0
        moved = draw.uniform(-self.shift, self.shift, size=2) * (width, height)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        linear = turn @ np.diag([scale_x * mirror, scale_y])
        centre = np.array([width, height]) / 2
        return np.column_stack([linear, centre + moved - linear @ centre])


def warped(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The uint8 (H, W, 1) picture seen through the matrix, bilinear; outside it, its edge goes on."""
    height, width = picture.shape[:2]
    pad = max(height, width)
    wide = Image.fromarray(np.pad(picture[:, :, 0], pad, mode="edge"))
    (a, b, c), (d, e, f) = matrix
    coefficients = (a, b, c + pad, d, e, f + pad)
    result = wide.transform((width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    return np.asarray(result)[:, :, np.newaxis]
