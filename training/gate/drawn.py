"""Pictures drawn by code that are no chest X-ray: noise, plain, gradients, text, screens, shapes, bones of no body."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.gate.pictures import STORED

Draw = Callable[[np.random.Generator], Image.Image]
_WORDS = ("the patient", "was seen", "report", "date", "name", "sum", "total", "page", "figure", "left", "환자", "검사")


def drawing(draw: np.random.Generator) -> Image.Image:
    """One grey STORED x STORED picture that was never taken of anything."""
    picture = _PLAIN[draw.integers(len(_PLAIN))](draw)
    if draw.random() < 0.4:
        return picture
    if draw.random() < 0.3:
        picture = Image.blend(picture, _PLAIN[draw.integers(len(_PLAIN))](draw), float(draw.uniform(0.2, 0.8)))
    return picture.filter(ImageFilter.GaussianBlur(float(draw.uniform(0, 3))))


def _image(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def _noise(draw: np.random.Generator) -> Image.Image:
    values = draw.normal(draw.uniform(40, 215), draw.uniform(3, 80), (STORED, STORED))
    return _image(values)


def _clouds(draw: np.random.Generator) -> Image.Image:
    cells = int(draw.integers(2, 40))
    small = draw.integers(0, 256, (cells, max(2, int(cells * draw.uniform(0.5, 1.5)))), dtype=np.uint8)
    way = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.NEAREST)[draw.integers(3)]
    return Image.fromarray(small).resize((STORED, STORED), way)


def _power_noise(draw: np.random.Generator) -> Image.Image:
    """Noise with the spectrum of natural pictures."""
    row, column = np.meshgrid(*(np.fft.fftfreq(STORED),) * 2, indexing="ij")
    amplitude = 1 / np.maximum(np.hypot(row, column * draw.uniform(0.5, 2)), 1 / STORED) ** draw.uniform(0.8, 2.4)
    values = np.fft.ifft2(amplitude * np.exp(2j * math.pi * draw.random((STORED, STORED)))).real
    return _image(128 + values / values.std() * draw.uniform(20, 70))


def _gradient(draw: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[0 : 1 : STORED * 1j, 0 : 1 : STORED * 1j]
    angle, power = draw.uniform(0, 2 * math.pi), draw.uniform(0.4, 3)
    round_one = np.hypot(x - draw.random(), y - draw.random())
    along = round_one if draw.random() < 0.5 else x * math.cos(angle) + y * math.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    along = 1 - along if draw.random() < 0.5 else along
    return _image(draw.uniform(20, 255) * along**power + draw.normal(0, draw.uniform(0, 8), along.shape))


def _stripes(draw: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[0 : 1 : STORED * 1j, 0 : 1 : STORED * 1j]
    angle = draw.choice([0, math.pi / 2, draw.uniform(0, math.pi)])
    wave = np.sin(2 * math.pi * draw.uniform(1, 20) * (x * math.cos(angle) + y * math.sin(angle)) + draw.uniform(0, 6))
    if draw.random() < 0.5:
        wave = wave * np.sin(2 * math.pi * draw.uniform(1, 20) * (y * math.cos(angle) - x * math.sin(angle)))
    return _image(128 + draw.uniform(30, 127) * (np.sign(wave) if draw.random() < 0.5 else wave))


def _canvas(draw: np.random.Generator) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("L", (STORED, STORED), int(draw.choice([0, 255, int(draw.integers(0, 256))])))
    return picture, ImageDraw.Draw(picture)


def _box(draw: np.random.Generator, least: float = 0.05) -> list[float]:
    size, corner = draw.uniform(least, 0.7, 2) * STORED, draw.uniform(-0.1, 0.9, 2) * STORED
    return [*corner, *(corner + size)]


def _text(draw: np.random.Generator) -> Image.Image:
    picture, pen = _canvas(draw)
    ground = picture.getpixel((0, 0))
    ink, size = (0 if ground > 127 else 255), float(draw.uniform(5, 26))  # type: ignore[operator]
    font = ImageFont.load_default(size)
    for line in range(int(STORED / size) + 1):
        words = " ".join(draw.choice(_WORDS, int(draw.integers(1, 12))))
        if draw.random() < 0.85:
            pen.text((draw.uniform(0, 20), line * size * 1.2), words, fill=ink, font=font)
    return picture


def _screen(draw: np.random.Generator) -> Image.Image:
    picture, pen = _canvas(draw)
    for _ in range(draw.integers(2, 9)):
        box = _box(draw)
        pen.rectangle(box, fill=int(draw.integers(0, 256)), outline=int(draw.integers(0, 256)))
        for line in range(draw.integers(0, 6)):
            pen.text((box[0] + 4, box[1] + 4 + 9 * line), str(draw.choice(_WORDS)), fill=int(draw.choice([0, 255])))
    return picture


def _shapes(draw: np.random.Generator) -> Image.Image:
    picture, pen = _canvas(draw)
    for _ in range(draw.integers(1, 16)):
        grey, kind = int(draw.integers(0, 256)), draw.integers(4)
        points = [tuple(point) for point in draw.uniform(0, STORED, (int(draw.integers(3, 7)), 2))]
        if kind == 0:
            pen.ellipse(_box(draw), fill=grey)
        elif kind == 1:
            pen.polygon(points, fill=grey)
        elif kind == 2:
            pen.line(points, fill=grey, width=int(draw.integers(1, 14)))
        else:
            pen.arc(_box(draw), 0, float(draw.uniform(40, 360)), fill=grey, width=int(draw.integers(1, 9)))
    return picture


def _bars(draw: np.random.Generator) -> Image.Image:
    picture, pen = _canvas(draw)
    number = int(draw.integers(2, 15))
    for place in range(number):
        left = place * STORED / number
        top = draw.uniform(0, STORED) if draw.random() < 0.9 else 0
        pen.rectangle([left, top, left + STORED / number * draw.uniform(0.4, 1), STORED], fill=int(draw.integers(256)))
    return picture


def _two_blobs(draw: np.random.Generator) -> Image.Image:
    """Two dark ovals in something bright: as coarse as a chest can be drawn."""
    y, x = np.mgrid[0 : 1 : STORED * 1j, 0 : 1 : STORED * 1j]
    values = np.full((STORED, STORED), draw.uniform(120, 250)) + draw.uniform(-60, 60) * x
    width, height, apart = draw.uniform(0.08, 0.24), draw.uniform(0.15, 0.45), draw.uniform(0.15, 0.28)
    for side in (-1, 1):
        oval = ((x - 0.5 - side * apart) / width) ** 2 + ((y - draw.uniform(0.4, 0.6)) / height) ** 2 < 1
        values[oval] = draw.uniform(0, 110)
    return _image(values + draw.normal(0, draw.uniform(0, 12), values.shape))


_PLAIN: tuple[Draw, ...] = (
    *(_noise, _clouds, _clouds, _power_noise, _gradient, _stripes, _text, _screen, _shapes, _shapes),
    *(_bars, _two_blobs),
)


def bones(draw: np.random.Generator) -> Image.Image:
    """Something like an X-ray of no chest: soft tissue, tubes with bright rims, ovals; a limb, a hand, a head."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j].astype(np.float32)
    values = draw.uniform(0.2, 0.6) * _soft(_tissue(x, y, draw), 0.04)
    for angle, place in _directions(draw):
        values += draw.uniform(0.1, 0.5) * _tube(x, y, angle, place, draw)
    for _ in range(draw.integers(0, 3)):
        values += draw.uniform(-0.15, 0.4) * _oval(x, y, draw)
    values += 0.02 * draw.standard_normal(values.shape)
    values = 1 - np.exp(-draw.uniform(1, 3) * np.clip(values, 0, None))
    return _image(255 * values / max(float(values.max()), 1e-6)).resize((STORED, STORED), Image.Resampling.BICUBIC)


def _soft(distance: np.ndarray, softness: float) -> np.ndarray:
    return 1 / (1 + np.exp(np.clip(distance / softness, -40, 40)))


def _tissue(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Below 0 inside: a limb that tapers, or an oval."""
    if draw.random() < 0.6:
        return np.abs(x * draw.uniform(0.8, 1.2) + draw.uniform(-0.3, 0.3) * y) - draw.uniform(0.2, 0.9)
    return np.hypot(x / draw.uniform(0.4, 1.2), y / draw.uniform(0.4, 1.2)) - 1


def _directions(draw: np.random.Generator) -> list[tuple[float, np.ndarray]]:
    """Angles and places of tubes: one or two along a limb, or a fan as in a hand."""
    middle = draw.uniform(-0.5, 0.5, 2)
    if draw.random() < 0.4:
        start, step = draw.uniform(0, math.pi), draw.uniform(0.1, 0.3)
        return [(start + number * step, middle) for number in range(draw.integers(3, 7))]
    angle = draw.uniform(0, math.pi)
    return [(angle + draw.normal(0, 0.15), draw.uniform(-0.6, 0.6, 2)) for _ in range(draw.integers(0, 6))]


def _tube(x: np.ndarray, y: np.ndarray, angle: float, place: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    along = (x - place[0]) * math.cos(angle) + (y - place[1]) * math.sin(angle)
    across = (y - place[1]) * math.cos(angle) - (x - place[0]) * math.sin(angle) + draw.uniform(-0.2, 0.2) * along**2
    radius = draw.uniform(0.04, 0.25) * (1 + draw.uniform(0, 0.6) * along**4)
    wall = np.abs(across) / radius
    ends = _soft(np.abs(along) - draw.uniform(0.3, 1.5), 0.03)
    tube: np.ndarray = _soft(wall - 1, 0.08) * (0.5 + 0.5 * np.clip(wall, 0, 1) ** 3) * ends
    return tube


def _oval(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    centre, size = draw.uniform(-0.5, 0.5, 2), draw.uniform(0.15, 0.9, 2)
    radius = np.hypot((x - centre[0]) / size[0], (y - centre[1]) / size[1])
    oval: np.ndarray = _soft(radius - 1, 0.05) * (0.4 + 0.6 * np.clip(radius, 0, 1) ** 6)
    return oval
