"""Augmentation: one composed affine and one table of grey levels per picture, drawn from (seed, epoch, index).

Numpy and Pillow only, so that it is the same for every Keras backend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

_GREY = np.arange(256) / 255
_COARSE = 3  # points of a bias field along each side
_KNOTS = 6  # pieces of a drawn tone curve


@dataclass(frozen=True)
class Augmentation:
    """How far a training picture may be changed; 0 and False switch a part off.

    Attributes:
        rotation: largest turn to either side, in degrees.
        zoom: largest relative change of scale, drawn for each axis on its own (so the aspect ratio changes too).
        shift: largest move along each axis, as a share of that side.
        flip: whether half of the pictures are mirrored left to right.
        gamma: grey levels to the power e^g, g drawn from -gamma to +gamma.
        contrast: largest relative change of contrast around the middle grey.
        brightness: largest change of brightness, as a share of the whole range.
        blur: largest standard deviation of a Gaussian blur, in pixels; half of the pictures are blurred.
        noise: largest standard deviation of added noise, as a share of the whole range.
        bias: largest relative change of a smooth field of brightness over the picture.
        erase: largest share of each side of one rectangle that is painted grey, on half of the pictures.
        invert: share of the pictures shown as a negative.
        tone: how far the grey levels are bent by a curve drawn through a few points, which never goes down.
    """

    rotation: float = 30.0
    zoom: float = 0.2
    shift: float = 0.1
    flip: bool = True
    gamma: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    bias: float = 0.0
    erase: float = 0.0
    invert: float = 0.0
    tone: float = 0.0

    def __call__(self, picture: np.ndarray, seed: int, epoch: int, index: int) -> np.ndarray:
        """A changed copy of one uint8 (H, W, 1) picture; the same four arguments always give the same pixels."""
        draw = np.random.default_rng((seed, epoch, index))
        matrix = self.drawn_matrix(draw, *picture.shape[:2])
        changed: np.ndarray = warped(picture, matrix)
        for change in (self._levels, self._toned, self._biased, self._blurred, self._noisy, self._erased):
            changed = change(changed, draw)
        return changed

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

    def _levels(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """Gamma, contrast, brightness and inversion as one table."""
        if not (self.gamma or self.contrast or self.brightness or self.invert):
            return picture
        power = math.exp(draw.uniform(-self.gamma, self.gamma))
        steep = 1 + draw.uniform(-self.contrast, self.contrast)
        levels = (_GREY**power - 0.5) * steep + 0.5 + draw.uniform(-self.brightness, self.brightness)
        levels = 1 - levels if draw.random() < self.invert else levels
        changed: np.ndarray = _as_bytes(levels * 255)[picture]
        return changed

    def _toned(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if not self.tone:
            return picture
        rises = draw.dirichlet(np.ones(_KNOTS))
        curve = np.interp(_GREY, np.linspace(0, 1, _KNOTS + 1), np.concatenate([[0], np.cumsum(rises)]))
        share = draw.uniform(0, self.tone)
        changed: np.ndarray = _as_bytes((_GREY * (1 - share) + curve * share) * 255)[picture]
        return changed

    def _biased(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if not self.bias:
            return picture
        coarse = draw.uniform(1 - self.bias, 1 + self.bias, size=(_COARSE, _COARSE)).astype(np.float32)
        field = Image.fromarray(coarse).resize(picture.shape[1::-1], Image.Resampling.BICUBIC)
        return _as_bytes(picture * np.asarray(field)[:, :, np.newaxis])

    def _blurred(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if not self.blur or draw.random() < 0.5:
            return picture
        image = Image.fromarray(picture[:, :, 0]).filter(ImageFilter.GaussianBlur(draw.uniform(0, self.blur)))
        return np.asarray(image)[:, :, np.newaxis]

    def _noisy(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if not self.noise:
            return picture
        strength = np.float32(draw.uniform(0, self.noise) * 255)
        return _as_bytes(picture + draw.standard_normal(picture.shape, dtype=np.float32) * strength)

    def _erased(self, picture: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if not self.erase or draw.random() < 0.5:
            return picture
        size = (draw.uniform(0, self.erase, size=2) * picture.shape[:2]).astype(int)
        top, left = (draw.random(2) * (picture.shape[:2] - size)).astype(int)
        painted = picture.copy()
        painted[top : top + size[0], left : left + size[1]] = draw.integers(256)
        return painted


def _as_bytes(values: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return result


def with_look_of(picture: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """The shapes of one picture with a share of the look of another: amplitudes mixed, phases kept (Xu 2021).

    Args:
        picture, other: uint8 (H, W, 1). share: of the other's amplitude spectrum, from 0 to 1.
    """
    own, others = np.fft.rfft2(picture[:, :, 0]), np.fft.rfft2(other[:, :, 0])
    amplitude = np.abs(own) * (1 - share) + np.abs(others) * share
    mixed = np.fft.irfft2(amplitude * np.exp(1j * np.angle(own)), picture.shape[:2])
    return _as_bytes(mixed)[:, :, np.newaxis]


def warped(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The uint8 (H, W, 1) picture seen through the matrix, bilinear; outside it, its edge goes on."""
    height, width = picture.shape[:2]
    pad = max(height, width)
    wide = Image.fromarray(np.pad(picture[:, :, 0], pad, mode="edge"))
    (a, b, c), (d, e, f) = matrix
    coefficients = (a, b, c + pad, d, e, f + pad)
    result = wide.transform((width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    return np.asarray(result)[:, :, np.newaxis]
