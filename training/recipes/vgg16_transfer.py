"""vgg16_transfer: VGG16 as it was trained on photographs, frozen, and one dense layer; any number of classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.errors import WorkshopError
from training.recipe import Recipe

WEIGHTS_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
OWN_WORDS = ("imagenet", "random")


def build_model(outputs: int = 3, weights: str = "imagenet") -> Any:
    """uint8 (N, 224, 224, 1) -> float32 (N, outputs), softmax; 14,714,688 frozen parameters and the dense layer's.

    Args:
        weights: "imagenet" (Keras downloads them once), "random", or a file of the form of WEIGHTS_FILE.

    Raises:
        WorkshopError: the weights are not there and can't be fetched, or the file has another form.
    """
    import keras
    from keras import layers

    pixels = keras.Input((224, 224, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1 / 255)(pixels)  # as published, although VGG16 was trained on other values
    backbone = frozen_backbone(weights)
    x = layers.Flatten()(backbone(layers.Concatenate()([grey, grey, grey]), training=False))
    return keras.Model(pixels, layers.Dense(outputs, activation="softmax", name="probability")(x), name="vgg16")


def frozen_backbone(weights: str) -> Any:
    """VGG16 without its top, not trainable."""
    import keras

    backbone = keras.applications.VGG16(include_top=False, weights=None, input_shape=(224, 224, 3))
    if weights != "random":
        load_weights(backbone, weights)
    backbone.trainable = False
    return backbone


def load_weights(backbone: Any, weights: str) -> None:
    """Put the weights of a file into the network; Keras' download where none is named."""
    import keras

    try:
        if weights == "imagenet":
            fetched = keras.applications.VGG16(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
            backbone.set_weights(fetched.get_weights())
        else:
            backbone.load_weights(Path(weights))
    except Exception as error:
        raise WorkshopError(
            f"The weights {weights!r} of VGG16 can't be used ({type(error).__name__}). Fetch {WEIGHTS_FILE} on a "
            "machine with internet (Keras keeps it in .keras/models of the home folder) and either put it into the "
            "same folder here, or name it: --set network.weights=FILE. Without it: --set network.weights=random."
        ) from error


RECIPE = Recipe(
    name="vgg16_transfer",
    title="any classes, 224 x 224, on the features of VGG16",
    published="Covid / Normal / Viral Pneumonia: test accuracy 95.4 %, 8 epochs; from random weights 44 %",
    parameters=(75_267, 14_714_688),
    build_model=build_model,
    network={"weights": "imagenet"},
    preprocessing=Preprocessing(height=224, width=224),  # as published
    augmentation=Augmentation(rotation=0, zoom=0, shift=0, flip=False),  # as published: none
    output="softmax",  # as published
    optimizer="adam",  # as published
    learning_rate=0.001,  # the optimizer's default, as published
    batch_size=32,
    epochs=8,  # as published
    best_by="last",  # as published
    validation_share=0.2,
)
