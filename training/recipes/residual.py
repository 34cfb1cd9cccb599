"""residual: a residual network on standardised pictures, with strong augmentation."""

from __future__ import annotations

from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.recipe import Recipe

BLOCKS = (1, 2, 2, 2)  # basic blocks in each stage; each stage has twice the filters of the one before


def build_model(
    outputs: int = 1,
    side: int = 160,
    width: int = 32,
    dropout: float = 0.3,
    local: int = 0,
    edge: int = 0,
    coarse: int = 1,
    norm: str = "batch",
) -> Any:
    """uint8 (N, side, side, 1) -> float32 (N, outputs).

    Args:
        width: filters of the first stage.
        local: 0: each picture is standardised as a whole; else each pixel by its surroundings of so many pixels, which
            leaves edges and texture and takes away how bright or steep a region is.
        edge: pixels that are cut off on each side before anything else.
        coarse: pixels are averaged in squares of this side first.
        norm: "batch", or "group" (groups of 4 filters of the same picture, whatever the others of its batch look like).
    """
    import keras
    from keras import layers

    pixels = keras.Input((side, side, 1), dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Cropping2D(edge)(x) if edge else x
    x = layers.AveragePooling2D(coarse)(x) if coarse > 1 else x
    x = standardised_locally(x, local) if local else x
    x = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False)(x)
    x = layers.Conv2D(width * 3 // 4, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(normalised(x, norm))
    x = layers.MaxPooling2D(2)(x)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            x = basic_block(x, width * 2**stage, 2 if stage and not block else 1, norm)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    kind = "sigmoid" if outputs == 1 else "softmax"
    return keras.Model(pixels, layers.Dense(outputs, activation=kind, name="probability")(x), name="residual")


def basic_block(x: Any, filters: int, strides: int, norm: str) -> Any:
    """Two convolutions and a way around them (He 2016)."""
    from keras import layers

    around = x
    if strides > 1 or x.shape[-1] != filters:
        around = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
        around = normalised(around, norm)
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.ReLU()(normalised(x, norm))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.Add()([normalised(x, norm), around]))


def normalised(x: Any, norm: str) -> Any:
    """By the batch, or by groups of the filters of each picture."""
    from keras import layers

    return layers.BatchNormalization()(x) if norm == "batch" else layers.GroupNormalization(x.shape[-1] // 4)(x)


def standardised_locally(x: Any, size: int) -> Any:
    """Each pixel minus the mean of its surroundings, over their standard deviation."""
    from keras import layers, ops

    mean = layers.AveragePooling2D(size, strides=1, padding="same")
    difference = x - mean(x)
    spread = ops.sqrt(mean(ops.square(difference)) + 1e-3)
    return difference / spread


RECIPE = Recipe(
    name="residual",
    title="pneumonia / normal, 160 x 160 grey, residual",
    published="none: made here",
    parameters=(2_774_601, 4_720),
    build_model=build_model,
    network={"side": 160, "width": 32, "dropout": 0.3, "local": 0, "edge": 0, "coarse": 1, "norm": "batch"},
    preprocessing=Preprocessing(height=160, width=160, equalise="histogram"),  # the look of a machine is taken away
    augmentation=Augmentation(  # the look of the training set must not be what is learned
        rotation=25, zoom=0.2, shift=0.1, flip=True, gamma=0.8, contrast=0.5, brightness=0.2
    ),
    optimizer="adamw",
    learning_rate=2e-3,
    weight_decay=0.02,
    schedule="cosine",
    batch_size=32,
    epochs=24,
    mixup=0.4,
    label_smoothing=0.05,
    balance="weights",  # three of four training pictures show pneumonia
    average=0.998,
    best_by="last",  # validation on the same patients' hospital misleads: nothing is chosen by it
    validation_share=0.1,
)
