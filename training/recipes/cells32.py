"""cells32: a small network for two classes of small pictures, such as cells with and without a parasite."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe


def build_model(outputs: int = 1) -> Any:
    """uint8 (N, 32, 32, 1) -> float32 (N, outputs); 758,401 parameters with one output."""
    import keras
    from keras import layers

    pixels = keras.Input((32, 32, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1 / 255)(pixels)
    x = layers.Concatenate()([grey, grey, grey])  # as published: three channels, here of one grey picture
    x = layers.MaxPooling2D(2, strides=1)(layers.Conv2D(16, 3, activation="relu")(x))
    for _ in range(2):
        for _ in range(2):
            x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2, strides=1)(x)
    x = layers.Flatten()(x)
    for units in (64, 32):
        x = layers.Dropout(0.2)(layers.Dense(units, activation="relu")(x))
    kind = "sigmoid" if outputs == 1 else "softmax"
    return keras.Model(pixels, layers.Dense(outputs, activation=kind, name="probability")(x), name="cells32")


RECIPE = Recipe(
    name="cells32",
    title="two classes of small pictures, 32 x 32",
    published="malaria: train 97.9 % at epoch 17 of 30, validation loss 0.20",
    parameters=(758_401, 0),
    build_model=build_model,
    preprocessing=Preprocessing(height=32, width=32),  # as published; colour is not kept in this product
    augmentation=Augmentation(rotation=0, zoom=0, shift=0, flip=False),  # as published: none
    optimizer="adam",  # as published
    learning_rate=0.001,  # the optimizer's default, as published
    batch_size=64,  # as published
    epochs=30,  # as published, at most
    best_by="loss",  # as published: stops on validation loss
    stop_patience=10,  # as published
    validation_share=0.15,  # where the data has no validation part of its own
)
