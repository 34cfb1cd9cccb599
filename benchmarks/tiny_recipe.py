"""A recipe that takes seconds: what it costs beside the network is what is measured."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe

SIDE = 64  # large enough for the search for nearly equal pictures


def build_model(outputs: int) -> Any:
    """uint8 (N, 64, 64, 1) -> float32 (N, outputs)."""
    import keras
    from keras import layers

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    x = layers.Conv2D(8, 5, strides=4, activation="relu")(layers.Rescaling(1 / 255)(pixels))
    x = layers.GlobalAveragePooling2D()(layers.BatchNormalization(momentum=0.9)(x))
    return keras.Model(pixels, layers.Dense(outputs, activation="sigmoid")(x))


RECIPE = Recipe(
    name="tiny",
    title="for measuring",
    published="",
    parameters=(0, 0),
    build_model=build_model,
    preprocessing=Preprocessing(SIDE, SIDE),
    augmentation=Augmentation(rotation=10, zoom=0.1, shift=0.05),
    learning_rate=0.01,
    batch_size=64,
    epochs=1,
)
