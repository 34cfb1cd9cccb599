"""tutorial180: the small network that every tutorial on image classes starts from; any number of classes."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe


def build_model(outputs: int = 5) -> Any:
    """uint8 (N, 180, 180, 1) -> float32 (N, outputs), softmax; 3,989,285 parameters with five classes."""
    import keras
    from keras import layers

    pixels = keras.Input((180, 180, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1 / 255)(pixels)
    x = layers.Concatenate()([grey, grey, grey])  # as published: three channels, here of one grey picture
    for filters in (16, 32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(x))
    x = layers.Flatten()(layers.Dropout(0.2)(x))
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dense(outputs)(x)  # as published: logits; their softmax has no parameters
    return keras.Model(pixels, layers.Softmax(name="probability", dtype="float32")(x), name="tutorial180")


RECIPE = Recipe(
    name="tutorial180",
    title="any classes, 180 x 180",
    published="five flowers: about 0.6 validation accuracy without, 0.7 with augmentation and dropout; 15 epochs",
    parameters=(3_989_285, 0),
    build_model=build_model,
    preprocessing=Preprocessing(height=180, width=180),  # as published; colour is not kept in this product
    augmentation=Augmentation(rotation=36, zoom=0.1, shift=0, flip=True),  # as published: 0.1 of a turn
    output="softmax",  # any number of classes
    optimizer="adam",  # as published
    learning_rate=0.001,  # the optimizer's default, as published
    batch_size=32,  # as published
    epochs=15,  # as published
    best_by="last",  # as published
    validation_share=0.2,  # as published
)
