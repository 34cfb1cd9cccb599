"""The heat map lies where the evidence was put."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle, Output
from inference.saliency import grad_cam, heat_map, occlusion

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SIDE = 48


class BrightCorner:
    """Probability of "B": how bright the upper left corner is; no feature maps."""

    classes = ("A", "B")

    def predict(self, batch: np.ndarray) -> np.ndarray:
        bright = batch[:, :16, :16, 0].mean(axis=(1, 2)) / 255
        return np.stack([1 - bright, bright], axis=1).astype(np.float32)

    def evidence(self, array: np.ndarray, name: str) -> None:
        return None


def corner(level: int = 255) -> np.ndarray:
    array = np.full((SIDE, SIDE, 1), 20, np.uint8)
    array[:16, :16] = level
    return array


def test_covering_finds_the_place_without_a_gradient() -> None:
    found = heat_map(BrightCorner(), corner(), "B")
    assert (found.shape, found.dtype) == ((SIDE, SIDE), np.float32)
    assert found.max() == 1
    assert found[:14, :14].mean() > 0.8
    assert found[20:, 20:].max() == 0
    assert occlusion(BrightCorner(), corner(), "B").shape == (12, 12)


def test_nothing_that_speaks_for_a_class_is_an_empty_map() -> None:
    assert heat_map(BrightCorner(), corner(20), "B").max() == 0


def test_maps_are_weighed_by_their_mean_gradient_and_what_speaks_against_is_left_out() -> None:
    features = np.stack([np.eye(2), np.ones((2, 2))], axis=2).astype(np.float32)
    gradient = np.zeros((2, 2, 2), np.float32)
    gradient[..., 0], gradient[..., 1] = 3, -1
    assert grad_cam(features, gradient).tolist() == [[2, 0], [0, 2]]


def bright_is(kind: str) -> tuple[object, Output]:
    """A network whose score for "B" is the mean brightness of the picture, by one convolution."""
    import keras
    from keras import layers

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(1, 3, strides=2, padding="same", kernel_initializer="ones", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = 1 if kind == "sigmoid" else 2
    answer = layers.Dense(outputs, activation=kind)
    model = keras.Model(pixels, answer(x))
    answer.set_weights([np.array([[1.0]] if outputs == 1 else [[0.0, 1.0]]), np.zeros(outputs)])
    return model, Output("sigmoid", "B") if kind == "sigmoid" else Output("softmax")


@pytest.mark.parametrize("kind", ["sigmoid", "softmax"])
def test_the_gradient_finds_the_place_and_points_the_right_way(kind: str) -> None:
    from inference.runtime import class_evidence

    model, output = bright_is(kind)
    found = class_evidence(model, output, ("A", "B"), corner(), "B")
    assert found is not None
    cam = grad_cam(*found)
    assert cam[:7, :7].mean() > 5 * cam[10:, 10:].mean()
    against = class_evidence(model, output, ("A", "B"), corner(), "A")
    assert against is not None
    assert grad_cam(*against).max() == 0


def test_the_bundle_that_ships_can_be_asked() -> None:
    from inference.runtime import load_network

    network = load_network(Bundle.open(Path(__file__).parents[2] / "inference" / "bundles" / "pneumonia"), "cpu")
    array = np.random.default_rng(0).integers(0, 255, network.shape, np.uint8)
    for name in network.classes:
        found = heat_map(network, array, name)
        assert found.shape == network.shape[:2]
        assert np.isfinite(found).all()
        assert 0 <= found.min() <= found.max() <= 1
