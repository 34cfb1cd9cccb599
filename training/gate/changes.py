"""From a chest X-ray to one that must be refused, and back to one as it might come from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from inference.gate import SIDE
from training.gate.pictures import STORED

STRAIGHT, TILTED = 12.0, 17.0
"""Degrees up to which a patient may lie in the picture, and from which on the chest counts as turned."""
Box = tuple[float, float, float, float]
_GREY = np.arange(256) / 255
_TURNS = {
    "turned_left": Image.Transpose.ROTATE_90,
    "upside_down": Image.Transpose.ROTATE_180,
    "turned_right": Image.Transpose.ROTATE_270,
}


def taken_anew(picture: Image.Image, draw: np.random.Generator, closest: float = 0.86) -> Image.Image:
    """The same chest, a little turned, cut, framed, mirrored, exposed and marked otherwise: still upright and whole.

    Args:
        closest: how much of a side is still shown where it is shown closest.
    """
    if draw.random() < 0.15:
        picture = ImageOps.mirror(picture)
    if draw.random() < 0.1:
        picture = _wedged(picture, draw)
    size = draw.uniform(closest, 1.1, 2)
    if draw.random() < 0.3:  # in a frame that keeps the corners of a picture that was turned a little
        size = np.full(2, draw.uniform(1.0, 1.3)) * draw.uniform(0.95, 1.05, 2)
    shift = draw.uniform(-1, 1, 2) * np.clip((size - closest) / 2, 0, 0.04)
    tilt = float(np.clip(draw.normal(0, 7), -STRAIGHT, STRAIGHT))
    picture = moved(picture, tilt, size, shift, draw, _shape(draw))
    return marked(exposed(picture, draw), draw)


def tilted(picture: Image.Image, angle: float, draw: np.random.Generator) -> Image.Image:
    """Turned by `angle` degrees to its left, whatever shape it had, with or without the empty corners."""
    if draw.random() < 0.15:
        picture = ImageOps.mirror(picture)
    size = np.full(2, draw.uniform(0.7, 1.3)) * draw.uniform(0.95, 1.05, 2)
    picture = moved(picture, angle, size, draw.uniform(-0.06, 0.06, 2), draw, _shape(draw))
    return marked(exposed(picture, draw), draw)


def _shape(draw: np.random.Generator) -> float:
    """Width by height: children's films are mostly wider than high, and lean otherwise once they are squashed."""
    return math.exp(draw.uniform(-0.2, 0.45))


def moved(
    picture: Image.Image, tilt: float, size: np.ndarray, shift: np.ndarray, draw: np.random.Generator, shape: float = 1
) -> Image.Image:
    """Turned by `tilt` degrees; `size` is how much of the picture is shown along each axis (above 1: a frame).

    Args:
        shape: width by height that it had before it was squashed.
    """
    turn = math.radians(tilt)
    linear = np.array([[math.cos(turn), -math.sin(turn) / shape], [math.sin(turn) * shape, math.cos(turn)]])
    linear = linear @ np.diag(size) * picture.width / (2 * SIDE)
    offset = np.full(2, picture.width / 2) * (1 + shift) - linear @ np.full(2, SIDE)
    matrix = (*linear[0], offset[0], *linear[1], offset[1])
    ground = int(draw.choice([0, 0, 0, 255, int(draw.integers(0, 256))]))
    wide = picture.transform((2 * SIDE, 2 * SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR,
                             fillcolor=ground)  # fmt: skip
    return wide.reduce(2)


def _wedged(picture: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Upright, in a tilted frame: empty corners alone do not make a chest tilted."""
    angle, ground = float(draw.choice([-1, 1]) * draw.uniform(3, 25)), int(draw.choice([0, 0, 255]))
    there = Image.new("L", picture.size, 255).rotate(angle, Image.Resampling.BILINEAR)
    return Image.composite(picture, Image.new("L", picture.size, ground), there)


def exposed(picture: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Another tone curve, sharpness, grain, unevenness."""
    levels = _GREY ** math.exp(draw.uniform(-0.6, 0.6))
    levels = (levels - 0.5) * draw.uniform(0.5, 1.6) + 0.5 + draw.uniform(-0.1, 0.1)
    picture = picture.point(np.clip(levels * 255, 0, 255).astype(int).tolist())
    if draw.random() < 0.15:
        picture = ImageOps.equalize(picture)
    if draw.random() < 0.25:
        picture = picture.filter(ImageFilter.GaussianBlur(float(draw.uniform(0.2, 1.0))))
    if draw.random() < 0.3:
        values = np.asarray(picture, np.float32)
        y, x = np.mgrid[-1 : 1 : values.shape[0] * 1j, -1 : 1 : values.shape[1] * 1j]
        values = values * (1 + draw.uniform(-0.3, 0.3) * x + draw.uniform(-0.3, 0.3) * y)
        values = values + draw.normal(0, draw.uniform(0, 10), values.shape)
        picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return picture


def marked(picture: Image.Image, draw: np.random.Generator) -> Image.Image:
    """With a letter, a line or a block at the rim, as markers, cables and collimators leave them."""
    if draw.random() < 0.6:
        return picture
    pen, grey = ImageDraw.Draw(picture), int(draw.choice([255, 255, 0, 200]))
    side = picture.width
    for _ in range(draw.integers(1, 4)):
        kind, (left, top) = draw.integers(3), draw.uniform(0, 0.95, 2) * side
        if kind == 0:
            pen.line([left, top, *draw.uniform(0, side, 2)], fill=grey, width=1)
        elif kind == 1:
            left = draw.choice([draw.uniform(0, 0.2), draw.uniform(0.75, 0.95)]) * side
            pen.rectangle([left, top, left + draw.uniform(1, 7), top + draw.uniform(1, 7)], fill=grey)
        else:
            width = draw.uniform(0, 0.06) * side
            box = [[0, 0, width, side], [side - width, 0, side, side], [0, 0, side, width]][draw.integers(3)]
            pen.rectangle(box, fill=int(draw.choice([0, 0, 255])))
    return picture


def turned(picture: Image.Image, kind: str) -> Image.Image:
    """By a quarter or a half."""
    return picture.transpose(_TURNS[kind])


def negative(picture: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Bright where it was dark; in one of four also turned."""
    if draw.random() < 0.25:
        picture = turned(picture, str(draw.choice(list(_TURNS))))
    return ImageOps.invert(picture)


def part(picture: Image.Image, draw: np.random.Generator, widest: float = 0.72) -> Image.Image:
    """So little of it that no lung, or one alone, is whole.

    Args:
        widest: largest share of both sides that a part from the middle may show; less where there is room about the
            lungs.
    """
    return cut(picture, *_PARTS[draw.integers(len(_PARTS))](draw, widest))


def _one_end(draw: np.random.Generator, widest: float) -> Box:
    """Upper, lower, left or right: up to two thirds of one side, most of the other."""
    kept, other = draw.uniform(0.3, 0.65), draw.uniform(0.85, 1)
    place = draw.uniform(0, 1 - other)
    start = draw.choice([0, 1]) * (1 - kept)
    return (place, start, other, kept) if draw.random() < 0.55 else (start, place, kept, other)


def _middle(draw: np.random.Generator, widest: float) -> Box:
    """Closer than both lungs allow."""
    wide, high = draw.uniform(0.35, widest) * draw.uniform(0.92, 1.0, 2)
    left, top = np.clip(np.array([1 - wide, 1 - high]) * (0.5 + draw.uniform(-0.3, 0.3, 2)), 0, 1)
    return (left, top, wide, high)


def _anywhere(draw: np.random.Generator, widest: float) -> Box:
    """At most 55 % of one side, mostly less, anything of the other."""
    narrow, other = draw.uniform(0.25, 0.55), draw.uniform(0.25, 1.0)
    wide, high = (narrow, other) if draw.random() < 0.5 else (other, narrow)
    return (draw.uniform(0, 1 - wide), draw.uniform(0, 1 - high), wide, high)


_PARTS: tuple[Callable[[np.random.Generator, float], Box], ...] = (_one_end, _one_end, _middle, _middle, _anywhere)


def cut(picture: Image.Image, left: float, top: float, wide: float, high: float) -> Image.Image:
    """A box of it, in shares of its sides."""
    box = (left * picture.width, top * picture.height, (left + wide) * picture.width, (top + high) * picture.height)
    return picture.resize((STORED, STORED), Image.Resampling.BILINEAR, box=box)


def distorted(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    """No longer a chest that anyone could read: shuffled, folded, swirled, lost in a larger picture, mixed."""
    return _DISTORTIONS[draw.integers(len(_DISTORTIONS))](picture, other, draw)


def _shuffled(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    parts = int(draw.integers(2, 6))
    side = STORED // parts
    tiles = [picture.crop((x * side, y * side, (x + 1) * side, (y + 1) * side)) for y in range(parts)
             for x in range(parts)]  # fmt: skip
    made = Image.new("L", (side * parts, side * parts))
    for place, tile in enumerate(draw.permutation(len(tiles))):
        made.paste(tiles[tile], (place % parts * side, place // parts * side))
    return made.resize((STORED, STORED))


def _folded(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Halves mirrored about an axis or set side by side with another picture's."""
    half, made = STORED // 2, Image.new("L", (STORED, STORED))
    piece = picture.resize((half, STORED))
    made.paste(piece, (0, 0))
    made.paste(ImageOps.mirror(piece) if draw.random() < 0.5 else other.resize((half, STORED)), (half, 0))
    return made.rotate(90 * int(draw.integers(4)))


def _swirled(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : STORED * 1j, -1 : 1 : STORED * 1j]
    angle = draw.choice([-1, 1]) * draw.uniform(2, 7) * np.exp(-(x**2 + y**2) * draw.uniform(0.8, 2))
    row = np.sin(angle) * x + np.cos(angle) * y
    column = np.cos(angle) * x - np.sin(angle) * y
    to_index = [np.clip((c + 1) / 2 * STORED, 0, STORED - 1).astype(int) for c in (row, column)]
    return Image.fromarray(np.asarray(picture)[to_index[0], to_index[1]])


def _lost(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Small in a larger picture: a photograph of a screen, a page with a figure."""
    made = other.copy() if draw.random() < 0.5 else Image.new("L", other.size, int(draw.integers(0, 256)))
    side = int(STORED * draw.uniform(0.2, 0.55))
    left, top = (int(v) for v in draw.integers(0, STORED - side, 2))
    made.paste(picture.resize((side, side)), (left, top))
    return made


def _scattered(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    """The spectrum of a chest X-ray with another picture's places, or with none."""
    amplitude = np.abs(np.fft.fft2(np.asarray(picture, np.float32)))
    source = np.asarray(other, np.float32) if draw.random() < 0.5 else draw.standard_normal((STORED, STORED))
    values = np.fft.ifft2(amplitude * np.exp(1j * np.angle(np.fft.fft2(source)))).real
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _mixed(picture: Image.Image, other: Image.Image, draw: np.random.Generator) -> Image.Image:
    return Image.blend(picture, other, float(draw.uniform(0.55, 0.85)))


_DISTORTIONS = (_shuffled, _folded, _swirled, _lost, _scattered, _mixed)
