"""LiteRT says what TensorFlow says, or is not asked."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from inference import lite
from tests.inference.small_bundle import SIDE, saved, small_bundle, small_network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (count, SIDE, SIDE, 1), dtype=np.uint8)


def function_of(act) -> object:
    signature = [runtime.tf.TensorSpec((None, SIDE, SIDE, 1), runtime.tf.uint8)]
    return runtime.tf.function(act, input_signature=signature, autograph=False).get_concrete_function()


@pytest.mark.parametrize("count", [1, 2, 4, 5, 32])
def test_a_network_answers_the_same_with_and_without_it(tmp_path: Path, count: int) -> None:
    bundle = small_bundle(tmp_path / "small", saved(small_network(bias=-0.5), tmp_path))
    plain, quick = (runtime.load_network(bundle, device="cpu", lite=wanted) for wanted in (False, True))

    expected, seen = plain.predict_and_embed(pictures(count))
    found, seen_by_lite = quick.predict_and_embed(pictures(count))

    assert (plain.device, quick.device) == ("CPU", "CPU, LiteRT for lone pictures")
    assert found == pytest.approx(expected, abs=1e-6)
    assert [len(row) for row in seen_by_lite] == [len(row) for row in seen]


def test_the_network_that_ships_answers_lone_pictures_by_it() -> None:
    from inference.answers import DEFAULT_BUNDLE
    from inference.bundle import Bundle
    from tests.inference.phantom_arrays import phantom_arrays

    bundle = Bundle.open(DEFAULT_BUNDLE)
    plain, quick = (runtime.load_network(bundle, device="cpu", lite=wanted) for wanted in (False, True))

    assert "LiteRT" in quick.device
    for count in (1, 3, 4):
        expected, seen = plain.predict_and_embed(phantom_arrays()[:count])
        found, seen_by_lite = quick.predict_and_embed(phantom_arrays()[:count])
        assert found == pytest.approx(expected, abs=lite.EQUAL)
        steps = [np.frombuffer(b"".join(rows), np.int8).astype(int) for rows in (seen, seen_by_lite)]
        assert np.abs(steps[0] - steps[1]).max() <= 1


def corners(batch):
    return [runtime.tf.cast(batch, "float32")[:, 0, 0]]


def test_there_is_a_call_for_each_size_that_was_probed() -> None:
    calls = lite.lite_calls(runtime.tf, function_of(corners), [pictures(2)])
    assert list(calls) == [2]
    assert calls[2](pictures(2))[0] == pytest.approx(pictures(2)[:, 0, 0].astype(float))


def test_a_network_that_it_can_not_run_is_left_to_tensorflow(caplog) -> None:
    def odd(batch):
        return [runtime.tf.linalg.eigh(runtime.tf.cast(batch[..., 0], "float32"))[0]]

    with caplog.at_level(logging.INFO, "inference.lite"):
        assert lite.lite_calls(runtime.tf, function_of(odd), [pictures(1)]) == {}
    assert "TensorFlow answers alone" in caplog.text


def test_one_that_says_something_else_is_not_used(monkeypatch, caplog) -> None:
    monkeypatch.setattr(lite, "EQUAL", -1.0)
    assert lite.lite_calls(runtime.tf, function_of(corners), [pictures(1)]) == {}
    assert "a number differs" in caplog.text


def test_the_converter_says_nothing(capfd, caplog) -> None:
    assert lite.lite_calls(runtime.tf, function_of(corners), [pictures(1)])
    assert capfd.readouterr().err == ""
    assert caplog.text == ""
