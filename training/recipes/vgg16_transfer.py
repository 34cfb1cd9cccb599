"""vgg16_transfer: VGG16 as it was trained on photographs, frozen, and one dense layer; any number of classes."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.backbones import find_network, with_weights
from training.transfer import FEATURES, HEAD, TransferRecipe, joined


def build_model(outputs: int = 3, weights: str = "imagenet") -> Any:
    """uint8 (N, 224, 224, 1) -> float32 (N, outputs), softmax; 14,714,688 frozen parameters and the dense layer's.

    Args:
        weights: "imagenet" (Keras downloads them once), "random", or a file of the form that Keras downloads.

    Raises:
        WorkshopError: the weights are not there and can't be fetched, or the file has another form.
    """
    import keras
    from keras import layers

    pixels = keras.Input((224, 224, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1 / 255)(pixels)  # as published, although VGG16 was trained on other values
    colour = layers.Concatenate()([grey, grey, grey])  # as published: three channels, here of one grey picture
    x = layers.Flatten()(with_weights(find_network("VGG16"), weights, 224)(colour))
    features = keras.Model(pixels, x, name=FEATURES)
    taken = keras.Input(features.output_shape[1:], name="kept")
    dense = layers.Dense(outputs, activation="softmax", name="probability")(taken)
    shown = keras.Input((224, 224, 1), dtype="uint8", name="pixels")
    return joined(shown, features, keras.Model(taken, dense, name=HEAD), "vgg16_transfer")


RECIPE = TransferRecipe(
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
    validation_share=0.2,  # as many as published: 66 of 317
)
