"""A bundle small enough to be made in every test, with or without a real network in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.bundle import Bundle, write_bundle

SIDE = 16


def small_facts(**changes: Any) -> dict[str, Any]:
    """The fields of a bundle for 16 x 16 pictures of two classes."""
    facts: dict[str, Any] = {
        "name": "small",
        "version": "1.0.0",
        "classes": ["NORMAL", "PNEUMONIA"],
        "positive": "PNEUMONIA",
        "output": {"kind": "sigmoid", "of": "NORMAL"},
        "preprocessing": {"height": SIDE, "width": SIDE, "resample": "bilinear", "decode": "full", "version": 1},
        "thresholds": {"sensitive": 0.2, "specific": 0.7, "chosen": "by hand, for a test"},
        "calibration": {"method": "none"},
        "scope": {"age_years": [1, 5]},
        "data": {"images": 0},
        "metrics": {},
        "software": {},
        "seed": 1,
    }
    return facts | changes


def small_bundle(directory: Path, network: bytes = b"no network", **changes: Any) -> Bundle:
    """Write it."""
    return write_bundle(directory, small_facts(**changes), "# Small\n", network)


def small_network(bias: float = 0.0, output: str = "sigmoid", width: int = 1) -> Any:
    """A Keras model whose probability of NORMAL rises with the mean brightness; `output` is its last activation."""
    import keras
    import numpy as np

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    x = keras.layers.GlobalAveragePooling2D()(x)
    last = keras.layers.Dense(width, activation=output)
    model = keras.Model(pixels, last(x))
    last.set_weights([np.full((1, width), 4.0, np.float32), np.full(width, bias, np.float32)])
    return model


def saved(model: Any, folder: Path) -> bytes:
    """The bytes of a .keras file."""
    path = folder / "small.keras"
    model.save(path)
    return path.read_bytes()
