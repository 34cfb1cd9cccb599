"""Run by test_jax.py in a process of its own: training on Keras' JAX backend where TensorFlow can't be imported.

python on_jax.py IMAGES RUNS: leaves RUNS/whole, RUNS/stopped (stopped after an epoch, then resumed), RUNS/chances.npy.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import numpy as np
import pytest


class NoTensorFlow(MetaPathFinder):
    """As on a machine that does not have it."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NoTensorFlow())

import keras  # noqa: E402

from inference.preprocessing import Preprocessing  # noqa: E402
from training.__main__ import main  # noqa: E402
from training.augment import Augmentation  # noqa: E402
from training.progress import Progress  # noqa: E402
from training.recipe import Recipe  # noqa: E402


def build_model(outputs: int) -> keras.Model:
    """Convolution, normalisation and dropout on 16 x 16 pictures."""
    layers = keras.layers
    pixels = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(pixels))
    x = layers.BatchNormalization(momentum=0.5)(layers.Dropout(0.2)(x))
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(pixels, layers.Dense(outputs, activation="sigmoid")(x))


RECIPE = Recipe(
    name="small",
    title="small",
    published="",
    parameters=(0, 0),
    build_model=build_model,
    preprocessing=Preprocessing(16, 16),
    augmentation=Augmentation(),
    learning_rate=0.02,
    batch_size=8,
    epochs=2,
    optimizer="adamw",
    schedule="cosine",
    average=0.8,
    mixup=0.2,
    best_by="last",
    validation_share=0.3,
)


class Stopped(Progress):
    """Somebody presses Ctrl+C after the first epoch."""

    def say(self, text: str) -> None:
        if text.startswith("epoch"):
            raise KeyboardInterrupt


def train_and_score(images: Path, runs: Path) -> None:
    from training.data import find_images
    from training.fit import fit
    from training.scorer import open_scorer

    assert main(["fit", __file__, str(images), "--out", str(runs / "whole"), "--json"]) == 0
    stopped = RECIPE, find_images(images), "PNEUMONIA", runs / "stopped", runs / "cache", 1
    with pytest.raises(KeyboardInterrupt):
        fit(*stopped, Stopped(quiet=True))
    fit(*stopped, Progress(quiet=True))
    pictures = np.load(runs / "pictures.npy")
    np.save(runs / "chances.npy", open_scorer(runs / "whole").probabilities(pictures))


if __name__ == "__main__":
    train_and_score(*map(Path, sys.argv[1:]))
