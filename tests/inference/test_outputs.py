"""An answer that is no probability is an error, whichever way it is none, and never its neighbours' (F12)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.engine import Engine
from inference.errors import OutputRejected
from inference.outputs import check_numbers, check_probabilities
from tests.inference.bad_networks import KINDS, SIGMOID, bad_bundle, twice_as_many_rows
from tests.inference.small_bundle import SIDE, saved, small_bundle

# Keras 3.15 under numpy 2: its variables lack the newest argument of __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    "row", [[NAN, 0.5], [INFINITY, 0.0], [-INFINITY, 1.0], [1.5, -0.5], [0.5, 0.6], [0.4, 0.5], [NAN, NAN]]
)
def test_a_row_that_is_no_probability_is_refused_beside_one_that_is(row: list[float]) -> None:
    with pytest.raises(OutputRejected) as caught:
        check_probabilities(np.array([[0.5, 0.5], row], np.float32), (2, 2))
    assert caught.value.code == "output_rejected"
    assert not caught.value.can_retry


@pytest.mark.parametrize("shape", [(2,), (2, 1), (1, 2), (3, 2), (2, 2, 1), ()])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(OutputRejected, match="no probability"):
        check_numbers(np.full(shape, 0.5, np.float32), (2, 2))


def test_probabilities_pass() -> None:
    check_probabilities(np.array([[0.0, 1.0], [1.0, 0.0], [0.3, 0.7002]], np.float32), (3, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_that_goes_wrong_on_one_picture_fails_that_one_alone(tmp_path: Path, kind: str) -> None:
    runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")
    engine = Engine(runtime.load_network(bad_bundle(tmp_path, kind), device="cpu"), max_wait_s=0.5)
    engine._crowded = True  # so that all three are asked in one batch
    black, bright = np.zeros((SIDE, SIDE, 1), np.uint8), np.full((SIDE, SIDE, 1), 255, np.uint8)
    try:
        futures = [engine.predict(picture) for picture in (black, bright, black)]
        with pytest.raises(OutputRejected):
            futures[1].result(20)
        assert [futures[place].result(20).probabilities["NORMAL"] for place in (0, 2)] == [0.5, 0.5]
        assert engine.predict(black).result(20).probabilities["NORMAL"] == 0.5
    finally:
        engine.close()


def test_a_network_with_two_rows_for_each_picture_is_refused_before_it_serves(tmp_path: Path) -> None:
    runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")
    bundle = small_bundle(tmp_path / "small", saved(twice_as_many_rows(), tmp_path), output=SIGMOID)
    with pytest.raises(OutputRejected):
        runtime.load_network(bundle, device="cpu")


class Careless:
    """A network that checks nothing itself, as another runtime behind the same interface might."""

    classes = ("A", "B")
    shape = (2, 2, 1)
    max_batch = 8

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, batch: np.ndarray) -> np.ndarray:
        if batch.max() == 0:
            return np.full((len(batch), 2), 0.5, np.float32)
        return np.asarray(self.answer, np.float32)


@pytest.mark.parametrize(
    "answer", [[[NAN, NAN]], [[INFINITY, 0]], [[2, -1]], [[0.5, 0.6]], [0.5, 0.5], [[0.5], [0.5]], [[0.2, 0.3, 0.5]]]
)
def test_the_engine_passes_on_nothing_else_whatever_network_it_serves(answer: Any) -> None:
    engine = Engine(Careless(answer))
    try:
        with pytest.raises(OutputRejected):
            engine.predict(np.full((2, 2, 1), 255, np.uint8)).result(5)
        assert engine.predict(np.zeros((2, 2, 1), np.uint8)).result(5).probabilities == {"A": 0.5, "B": 0.5}
    finally:
        engine.close()
