"""From decoded colour or grey arrays to what a Radiograph holds: one channel, 8 bits to show, a hash."""

from __future__ import annotations

import hashlib

import numpy as np

LUMINANCE = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601, the weights Pillow's and the JPEG standard's luminance have."""


def colourfulness(rgb: np.ndarray) -> float:
    """Largest mean difference between two channels of an (H, W, 3) array, in its units; 0 for a grey picture.

    A grid of at most some 260,000 pixels stands for the whole picture.
    """
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / 2**18) ** 0.5))
    sample = rgb[::step, ::step].astype(np.float32)
    red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
    return max(float(np.abs(one - other).mean()) for one, other in ((red, green), (green, blue), (red, blue)))


def luminance(rgb: np.ndarray) -> np.ndarray:
    """(H, W) luminance of an (H, W, 3) array, in its own unsigned integer type."""
    if rgb.dtype == np.uint8:
        wide = rgb.astype(np.uint32)
        weighted = wide[..., 0] * 19595 + wide[..., 1] * 38470 + wide[..., 2] * 7471 + 32768
        return (weighted >> 16).astype(np.uint8)
    return np.asarray(np.rint(rgb @ LUMINANCE), dtype=rgb.dtype)


def stretched(values: np.ndarray) -> np.ndarray:
    """uint8 copy in which the 0.5th percentile of `values` is black and the 99.5th white; a flat picture is black.

    A grid of at most some million pixels gives the percentiles.
    """
    step = max(1, int((values.size / 2**20) ** 0.5))
    low, high = np.percentile(values[::step, ::step], (0.5, 99.5))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    return scaled(values, float(low), float(high))


def scaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """uint8 copy in which `low` is 0 and `high` 255, linear between, clipped outside."""
    spread = (values.astype(np.float32) - np.float32(low)) * np.float32(255.0 / (high - low))
    np.clip(spread, 0, 255, out=spread)
    return np.asarray(np.rint(spread, out=spread), dtype=np.uint8)


def pixel_hash(values: np.ndarray) -> str:
    """sha256 over shape, type (little endian) and bytes: the same for the same picture in another wrapper."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.shape} {little.dtype.str}".encode())
    digest.update(little.data)
    return digest.hexdigest()
