"""cnn160: the plain five-block network for pneumonia against normal that this field starts from."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe

BLOCKS = ((32, 0.0), (64, 0.1), (128, 0.0), (128, 0.2), (256, 0.2))  # filters, dropout after the convolution


def build_model(outputs: int = 1) -> Any:
    """uint8 (N, 160, 160, 1) -> float32 (N, outputs): the probability of NORMAL; 1,357,313 parameters."""
    import keras
    from keras import layers

    pixels = keras.Input((160, 160, 1), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    for filters, dropout in BLOCKS:
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Dropout(dropout)(x) if dropout else x
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(2, strides=2, padding="same")(x)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(0.2)(x)
    return keras.Model(pixels, layers.Dense(outputs, activation="sigmoid", name="probability")(x), name="cnn160")


RECIPE = Recipe(
    name="cnn160",
    title="pneumonia / normal, 160 x 160 grey",
    published="test accuracy 92.3 % (loss 0.2406), best of many 92.6 %; train 97.2 %; 18 epochs",
    parameters=(1_356_097, 1_216),
    build_model=build_model,
    preprocessing=Preprocessing(height=160, width=160),  # as published: grey, aspect ratio squashed
    augmentation=Augmentation(rotation=30, zoom=0.2, shift=0.1, flip=True),  # as published
    learns="negative",  # as published: the output is P(NORMAL); the bundle names the classes, nobody has to know
    optimizer="rmsprop",  # as published
    learning_rate=0.001,  # the optimizer's default, as published
    batch_size=32,  # as published; also what two cores handle at once
    epochs=18,  # as published
    schedule="plateau",  # as published
    plateau_watches="accuracy",  # as published, but measured on held-out patients, not on sixteen images
    plateau_patience=2,  # epochs without a better figure before the rate falls
    plateau_factor=0.3,  # the rate is multiplied by this
    plateau_floor=1e-6,  # and never falls below this
    best_by="auc",  # finer than accuracy, which ties between epochs on a few hundred images
    validation_share=0.12,  # of the patients: enough images to steer by, few enough to leave for learning
)
