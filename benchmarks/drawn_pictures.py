"""Pictures drawn in no time, no two alike, for measuring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

PATCH = 60  # what a positive picture has more of, in its middle


def draw_small_set(root: Path, count: int, side: int = 64, each: int = 2) -> Path:
    """`count` JPEG files, half of each class, `each` per patient, of grain that no other picture has."""
    draw = np.random.default_rng(count)
    for label, name in (("NORMAL", "IM-{}-{}.jpeg"), ("PNEUMONIA", "person{}_virus_{}.jpeg")):
        (root / label).mkdir(parents=True, exist_ok=True)
        for number in range(count // 2):
            path = root / label / name.format(number // each, number % each)
            _grain(draw, side, PATCH if label == "PNEUMONIA" else 0).save(path, quality=85)
    return root


def _grain(draw: np.random.Generator, side: int, patch: int) -> Image.Image:
    coarse = draw.integers(40, 150, (side // 3, side // 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR)).copy()
    pixels[side // 4 : -side // 4, side // 4 : -side // 4] += patch
    return Image.fromarray(pixels)


def draw_full_size_set(root: Path, count: int, width: int = 1400, height: int = 1100) -> Path:
    """`count` JPEG files of about 1.5 megapixel, half of each class, with the large and small parts of a chest."""
    draw = np.random.default_rng(count)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    lungs = np.minimum(np.hypot((x + 0.45) / 0.3, y / 0.7), np.hypot((x - 0.45) / 0.3, y / 0.7)) < 1
    for number in range(count):
        label = ("NORMAL", "PNEUMONIA")[number % 2]
        ribs = 25 * np.sin(y * draw.uniform(20, 30) + x * draw.uniform(-3, 3))
        noise = draw.normal(0, 6, (height, width)).astype(np.float32)
        pixels = np.clip(160 - 80 * lungs + ribs + noise, 0, 255).astype(np.uint8)
        path = root / label / f"person{number}_virus_1.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=90)
    return root
