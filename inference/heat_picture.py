"""A heat map as files for a browser: a coloured layer to lay over the picture, and the two in one picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

LAYER_SIDE = 256
"""Pixels of the layer's longer side: what is finer than the map's patches was not measured."""
PICTURE_SIDE = 1024
OPACITY = 0.6
"""Of the hottest place in the joined picture; the page begins with the same."""
# Cividis (Nunez, Anderton and Renslow, PLOS ONE 2018) at equal steps: even in brightness, also for the colour-blind.
CIVIDIS = (
    *((0, 34, 78), (8, 51, 112), (53, 69, 108), (79, 87, 108), (102, 105, 112)),
    *((125, 124, 120), (148, 142, 119), (174, 163, 113), (200, 184, 102), (229, 207, 82), (254, 232, 56)),
)


def coloured(heat: np.ndarray) -> np.ndarray:
    """Float (H, W), 0 to 1 -> uint8 (H, W, 4): cividis, the more opaque the hotter: cold parts stay as they are."""
    steps = np.linspace(0, 1, len(CIVIDIS))
    bands = [np.interp(heat, steps, [colour[band] for colour in CIVIDIS]) for band in range(3)]
    rgba: np.ndarray = np.rint(np.stack([*bands, 255 * heat], axis=-1)).astype(np.uint8)
    return rgba


def layer(heat: np.ndarray, width: int, height: int) -> bytes:
    """The map as a PNG in the proportions of a picture of `width` by `height`, transparent where it is cold."""
    smooth = _resized(heat, _within(width, height, LAYER_SIDE))
    return _encoded(Image.fromarray(coloured(smooth), "RGBA"), "PNG", optimize=True)


def over(heat: np.ndarray, rendition: bytes) -> bytes:
    """The map over the picture it belongs to (the JPEG that readers see), as one JPEG."""
    with Image.open(io.BytesIO(rendition)) as stored:
        size = _within(*stored.size, PICTURE_SIDE)
        stored.draft("L", size)
        picture = np.asarray(stored.convert("L").resize(size, Image.Resampling.BILINEAR), np.float32)[..., np.newaxis]
    colours = coloured(_resized(heat, size)).astype(np.float32)
    share = colours[..., 3:] / 255 * OPACITY
    mixed = picture * (1 - share) + colours[..., :3] * share
    return _encoded(Image.fromarray(np.rint(mixed).astype(np.uint8)), "JPEG", quality=85)


def _resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    smooth = Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BILINEAR)
    whole: np.ndarray = np.clip(np.asarray(smooth), 0, 1)
    return whole


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    """The same proportions, the longer side at most `side`."""
    shrink = min(1.0, side / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
