"""A data set drawn in a moment: bright and dark pictures, several per patient, as JPEG files named like real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64


def draw_data_set(root: Path, patients: int = 10, each: int = 2, seed: int = 0, first: int = 1) -> Path:
    """`patients` per class with `each` pictures; PNEUMONIA has a bright patch, NORMAL none."""
    rng = np.random.default_rng(seed)
    for number in range(first, first + patients):
        for take in range(each):
            _save(root / "NORMAL" / f"IM-{number:04d}-{take:04d}.jpeg", rng, patch=0)
            kind = "virus" if number % 2 else "bacteria"
            _save(root / "PNEUMONIA" / f"person{number}_{kind}_{take}.jpeg", rng, patch=120)
    return root


def _save(path: Path, rng: np.random.Generator, patch: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = rng.normal(70, 12, (SIDE, SIDE))
    pixels[16:48, 16:48] += patch
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=95)
