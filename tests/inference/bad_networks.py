"""Real Keras networks whose answer is a probability for a black picture, and none for a bright one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inference.bundle import Bundle
from tests.inference.small_bundle import SIDE, saved, small_bundle

SOFTMAX = {"kind": "softmax"}
SIGMOID = {"kind": "sigmoid", "of": "NORMAL"}
KINDS = ("nan", "infinity", "above one", "below zero", "no sum of one")
"""What a picture that is not black is answered with."""
HUGE = 3e38  # close to the largest float32


def bad_bundle(folder: Path, kind: str) -> Bundle:
    """A bundle with every checksum in order, around a network that goes wrong in this way."""
    network = bad_network(kind)
    output = SOFTMAX if network.output_shape[1] == 2 else SIGMOID
    return small_bundle(folder / kind.replace(" ", "-"), saved(network, folder), output=output)


def bad_network(kind: str) -> Any:
    """See KINDS; each begins with the picture's mean brightness b from 0 to 1."""
    if kind == "nan":  # infinity less infinity
        return _linear([[HUGE, HUGE]], [[HUGE], [-HUGE]], [0.5])
    if kind == "infinity":
        return _linear([[HUGE, HUGE]], [[HUGE], [HUGE]], [0.5])
    if kind == "above one":
        return _linear([[1.0, 0.0]], [[4.0], [0.0]], [0.5])
    if kind == "below zero":
        return _linear([[1.0, 0.0]], [[-4.0], [0.0]], [0.5])
    return _linear([[1.0, 0.0]], [[0.2, 0.2], [0.0, 0.0]], [0.5, 0.5])


def _linear(first: list[list[float]], second: list[list[float]], bias: list[float]) -> Any:
    import keras
    import numpy as np

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    brightness = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pixels))
    inner, last = keras.layers.Dense(2, use_bias=False), keras.layers.Dense(len(bias))
    model = keras.Model(pixels, last(inner(brightness)))
    inner.set_weights([np.array(first, np.float32)])
    last.set_weights([np.array(second, np.float32), np.array(bias, np.float32)])
    return model


def twice_as_many_rows() -> Any:
    """By its declared shape one number per picture; two rows come out for each."""
    import keras

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    both = keras.layers.Dense(2, activation="sigmoid")(
        keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pixels))
    )
    return keras.Model(pixels, keras.ops.reshape(both, (-1, 1)))
