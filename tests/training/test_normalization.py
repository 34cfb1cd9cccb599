"""Normalising in one pass gives what Keras' own way gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.normalization import fuse_normalization

keras = pytest.importorskip("keras")
pytestmark = [
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow has the one pass"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def learner(fused: bool) -> Any:
    keras.utils.set_random_seed(3)
    pictures = keras.Input((6, 5, 1))
    x = keras.layers.Conv2D(4, 3, activation="relu")(pictures)
    x = keras.layers.BatchNormalization(momentum=0.8)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.BatchNormalization()(x)  # of rows, not of pictures: as it was
    network = keras.Model(pictures, keras.layers.Dense(1, activation="sigmoid")(x))
    if fused:
        fuse_normalization(network)
    network.compile(optimizer=keras.optimizers.SGD(0.1), loss="binary_crossentropy", jit_compile=False)
    return network


def test_a_network_learns_the_same_in_one_pass(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    pictures, targets = draw.normal(3, 2, (8, 6, 5, 1)).astype(np.float32), draw.integers(0, 2, (8, 1))
    stock, fused = learner(False), learner(True)
    assert ["call" in vars(layer) for layer in fused.layers] == [False, False, True, False, False, False]
    for _ in range(5):
        assert fused.train_on_batch(pictures, targets) == pytest.approx(stock.train_on_batch(pictures, targets), 1e-4)
    for one, other in zip(fused.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)  # the moving averages among them
    fused.save(tmp_path / "network.keras")
    opened = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    assert {type(layer).__module__.split(".")[0] for layer in opened.layers} == {"keras"}
    np.testing.assert_array_equal(opened.predict_on_batch(pictures), fused.predict_on_batch(pictures))


def test_what_does_not_learn_is_left_alone() -> None:
    network = learner(True)
    network.layers[2].trainable = False
    network.compile(optimizer="sgd", loss="binary_crossentropy", jit_compile=False)
    before = network.layers[2].get_weights()
    network.train_on_batch(np.ones((4, 6, 5, 1), np.float32), np.ones((4, 1)))
    for one, other in zip(network.layers[2].get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
