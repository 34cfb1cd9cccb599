"""sepconv224: separable convolutions for pneumonia against normal, with three dense blocks."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe

BLOCKS = ((32, 0.0), (64, 0.0), (128, 0.2), (256, 0.2))  # filters, dropout at the end of the block
DENSE = ((512, 0.7), (128, 0.5), (64, 0.3))  # units, dropout


def build_model(outputs: int = 2) -> Any:
    """uint8 (N, 224, 224, 1) -> float32 (N, outputs), softmax; 6,642,594 parameters with two classes."""
    import keras
    from keras import layers

    pixels = keras.Input((224, 224, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1 / 255)(pixels)
    x = layers.Concatenate()([grey, grey, grey])  # as published: three channels, here of one grey picture
    for _ in range(2):
        x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    for filters, dropout in BLOCKS:
        for _ in range(2):
            x = layers.SeparableConv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(layers.BatchNormalization()(x))
        x = layers.Dropout(dropout)(x) if dropout else x
    x = layers.Flatten()(x)
    for units, dropout in DENSE:
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(dropout)(layers.BatchNormalization()(x))
    return keras.Model(pixels, layers.Dense(outputs, activation="softmax", name="probability")(x), name="sepconv224")


RECIPE = Recipe(
    name="sepconv224",
    title="pneumonia / normal, 224 x 224, separable convolutions",
    published="test accuracy 92.15 % and 91.67 % (two evaluations of one model differed); stopped at epoch 31 of 50",
    parameters=(6_640_226, 2_368),
    build_model=build_model,
    preprocessing=Preprocessing(height=224, width=224),  # as published
    augmentation=Augmentation(rotation=30, zoom=0.2, shift=0.1, flip=False),  # as published: without flips
    output="softmax",  # as published: two numbers
    optimizer="adam",  # as published
    learning_rate=0.001,  # the optimizer's default, as published
    batch_size=32,  # as published
    epochs=50,  # as published, at most
    balance="weights",  # as published: 1.95 for normal, 0.67 for pneumonia
    best_by="loss",  # as published: the weights of the lowest validation loss are kept
    stop_patience=10,  # as published
    stop_delta=0.001,  # as published
    validation_share=0.12,  # of the patients, instead of sixteen images
)
