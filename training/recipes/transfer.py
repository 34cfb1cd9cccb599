"""transfer: a head on the features of any network that was trained before; any number of classes."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.backbones import features_of
from training.transfer import HEAD, TransferRecipe, joined


def build_model(
    outputs: int = 3, backbone: str = "MobileNetV2", weights: str = "imagenet", side: int = 160, dropout: float = 0.2
) -> Any:
    """uint8 (N, side, side, 1) -> float32 (N, outputs), softmax (sigmoid with one output).

    Args:
        backbone, weights: as `features_of` takes them. side: of the pictures; a bundle has its own.

    Raises:
        WorkshopError: no such network, or its weights are not there.
    """
    import keras
    from keras import layers

    features = features_of(backbone, weights, side)
    x = taken = keras.Input(features.output_shape[1:], name="kept")
    x = layers.Flatten()(x) if len(features.output_shape) > 2 else x
    kind = "sigmoid" if outputs == 1 else "softmax"
    x = layers.Dense(outputs, activation=kind, name="probability")(layers.Dropout(dropout)(x))
    pixels = keras.Input(features.input_shape[1:], dtype="uint8", name="pixels")
    return joined(pixels, features, keras.Model(taken, x, name=HEAD), "transfer")


RECIPE = TransferRecipe(
    name="transfer",
    title="any classes, on the features of any network of keras.applications or of a bundle",
    published="none: made here",
    parameters=(3_843, 2_257_984),  # with MobileNetV2 and three classes
    build_model=build_model,
    network={"backbone": "MobileNetV2", "weights": "imagenet", "side": 160, "dropout": 0.2},
    preprocessing=Preprocessing(height=160, width=160),  # half the pixels of 224, and MobileNetV2 was taught at it too
    augmentation=Augmentation(rotation=15, zoom=0.1, shift=0.05, flip=True),  # used once something is thawed
    output="softmax",  # any number of classes
    optimizer="adam",
    learning_rate=0.003,  # of the head, on features: a small convex problem
    batch_size=32,
    epochs=40,  # cheap: the features are computed once
    frozen_epochs=25,  # where something is thawed later: until the head has settled
    thaw=0,  # nothing, unless asked for: a few hundred pictures do not teach a backbone
    thaw_rate=0.01,  # a head that has settled must not be torn, nor the features it stands on
    best_by="loss",  # finer than accuracy on a few dozen held-out pictures
    validation_share=0.2,  # small sets are what this is for
)
