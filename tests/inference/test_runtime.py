"""A real Keras network, saved, bundled, verified, loaded and asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.bundle import NETWORK, Bundle
from inference.devices import Ladder, Way
from inference.embedding import unpack
from inference.engine import Engine
from inference.errors import BundleRejected, OutputRejected
from tests.inference.small_bundle import SIDE, saved, small_bundle, small_network
from training.ensemble import mean_network

# Keras 3.15 under numpy 2: its variables lack the newest argument of __array__.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")


def greys(count: int) -> np.ndarray:
    values = np.linspace(0, 255, count).astype(np.uint8)
    return np.broadcast_to(values[:, None, None, None], (count, SIDE, SIDE, 1)).copy()


def served(folder: Path, network: object, **changes: object) -> Bundle:
    return small_bundle(folder / "small", saved(network, folder), **changes)


def test_probabilities_are_those_of_the_formula_at_every_batch_size(tmp_path: Path) -> None:
    network = runtime.load_network(served(tmp_path, small_network(bias=-1.0)), device="cpu")
    for count in (1, 2, 4, 7, 32):
        batch = greys(count)
        brightness = batch[:, 0, 0, 0].astype(float) / 255
        normal = 1 / (1 + np.exp(1 - 4 * brightness))
        found = network.predict(batch)
        assert found.dtype == np.float32
        assert found == pytest.approx(np.stack([normal, 1 - normal], axis=1), abs=1e-5)


def test_one_function_with_constant_weights_serves_every_batch_size(tmp_path: Path) -> None:
    compiled = runtime.load_network(served(tmp_path, small_network()), device="cpu").ladder.way.compiled
    assert [tuple(entry.shape) for entry in compiled.inputs] == [(None, SIDE, SIDE, 1)]
    assert not compiled.captured_inputs
    assert not compiled.variables


def test_the_engine_serves_it(tmp_path: Path) -> None:
    engine = Engine(runtime.load_network(served(tmp_path, small_network()), device="cpu"))
    try:
        answers = [engine.predict(picture).result(20) for picture in greys(5)]
    finally:
        engine.close()
    normal = [answer.probabilities["NORMAL"] for answer in answers]
    assert normal == sorted(normal)
    assert all(sum(answer.probabilities.values()) == pytest.approx(1) for answer in answers)


def test_a_network_changed_after_the_bundle_was_opened_is_refused(tmp_path: Path) -> None:
    bundle = served(tmp_path, small_network())
    (bundle.directory / NETWORK).write_bytes(saved(small_network(bias=3.0), tmp_path))
    with pytest.raises(BundleRejected, match="checksum"):
        runtime.load_network(bundle, device="cpu")


def test_a_file_that_is_no_network_is_foreign(tmp_path: Path) -> None:
    with pytest.raises(BundleRejected) as caught:
        runtime.load_network(small_bundle(tmp_path / "small", b"no network"), device="cpu")
    assert caught.value.code == "bundle_foreign"


def test_a_network_of_another_shape_is_foreign(tmp_path: Path) -> None:
    larger = {"height": 32, "width": 32, "resample": "bilinear", "decode": "full", "version": 1}
    with pytest.raises(BundleRejected) as caught:
        runtime.load_network(served(tmp_path, small_network(), preprocessing=larger), device="cpu")
    assert caught.value.values["field"] == "shape"


@pytest.mark.parametrize("bias", [float("nan"), 9.0])
def test_an_output_that_is_no_probability_is_refused_at_the_warm_up(tmp_path: Path, bias: float) -> None:
    bundle = served(tmp_path, small_network(bias=bias, output="linear"))
    with pytest.raises(OutputRejected):
        runtime.load_network(bundle, device="cpu")


def test_rows_that_do_not_sum_to_one_are_refused(tmp_path: Path) -> None:
    bundle = served(tmp_path, small_network(bias=1.0, width=2), output={"kind": "softmax"})
    with pytest.raises(OutputRejected):
        runtime.load_network(bundle, device="cpu")


def test_code_inside_a_network_is_not_run(tmp_path: Path) -> None:
    import keras

    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    flat = keras.layers.Flatten()(pixels)
    secret = keras.layers.Lambda(lambda x: x[:, :1] * 0.0, output_shape=(1,))
    network = keras.Model(pixels, secret(keras.layers.Rescaling(1 / 255)(flat)))
    with pytest.raises(BundleRejected) as caught:
        runtime.load_network(served(tmp_path, network), device="cpu")
    assert caught.value.code == "bundle_foreign"


def test_beside_a_device_the_cpu_stays_and_the_answers_are_equal(tmp_path: Path) -> None:
    """The processor under another name stands for a GPU: copies are made, compared, and one of them answers."""
    bundle = served(tmp_path, small_network())
    plain = runtime.Network(bundle, runtime._loaded_model(bundle))
    beside = runtime.Network(bundle, runtime._loaded_model(bundle), "/device:CPU:0")
    assert [way.name for way in beside.ladder.ways] == ["GPU, mixed precision", "CPU"]
    assert beside.predict(greys(32)) == pytest.approx(plain.predict(greys(32)), abs=1e-3)


def test_mixed_precision_that_moves_a_probability_is_not_used(tmp_path: Path) -> None:
    """A calibration makes the last thousandths of 16-bit numbers visible; float32 on the device is taken instead."""
    steep = {"method": "platt", "slope": 12.0, "shift": 0.0}
    bundle = served(tmp_path, small_network(bias=-2.0), calibration=steep)
    network = runtime.Network(bundle, runtime._loaded_model(bundle), "/device:CPU:0")
    assert network.device == "GPU"


@pytest.mark.parametrize(("holds", "tried"), [(5, [32, 16, 8, *[4] * 8]), (0, [32, 16, 8, 4, 2, 1])])
def test_a_real_network_on_a_device_that_runs_out_of_memory_answers_as_on_the_cpu(
    tmp_path: Path, holds: int, tried: list[int]
) -> None:
    network = runtime.load_network(served(tmp_path, small_network()), device="cpu")
    plain, expected = network.ladder.ways[0], network.predict(greys(32))
    asked: list[int] = []

    def short_of_memory(batch: np.ndarray) -> np.ndarray:
        asked.append(len(batch))
        if len(batch) > holds:
            raise runtime.tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return plain.ask(batch)

    network.ladder = Ladder([Way("card", short_of_memory), plain], runtime.BATCH_SIZES)
    assert network.predict(greys(32)) == pytest.approx(expected, abs=1e-6)
    assert asked == tried


def test_a_gpu_that_is_not_there_is_said(tmp_path: Path) -> None:
    if runtime.tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    with pytest.raises(ValueError, match="sees none"):
        runtime.load_network(served(tmp_path, small_network()), device="gpu")


def wide_network(seed: int) -> Any:
    """Twelve features, and one weight for each."""
    import keras

    keras.utils.set_random_seed(seed)
    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    maps = keras.layers.Conv2D(12, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    features = keras.layers.Dropout(0.5)(keras.layers.GlobalAveragePooling2D()(maps))
    return keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid")(features))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (count, SIDE, SIDE, 1), dtype=np.uint8)


@pytest.mark.parametrize(("networks", "mirrored", "width"), [(1, False, 12), (2, True, 48)])
def test_the_features_behind_an_answer_come_with_it_and_change_nothing(
    tmp_path: Path, networks: int, mirrored: bool, width: int
) -> None:
    mean = mean_network([wide_network(seed) for seed in range(networks)], mirrored)
    network = runtime.load_network(served(tmp_path, mean), device="cpu")
    plain = runtime.tf.function(lambda batch: network._model(batch, training=False), autograph=False)

    probabilities, seen = network.predict_and_embed(noise(4))

    assert probabilities[:, :1] == pytest.approx(plain(noise(4)).numpy(), abs=1e-6)
    assert (probabilities == network.predict(noise(4))).all()
    assert {len(row) for row in seen} == {width}


def test_the_features_are_what_the_last_weights_are_applied_to(tmp_path: Path) -> None:
    model = wide_network(3)
    network = runtime.load_network(served(tmp_path, model), device="cpu")
    before = runtime.keras.Model(model.inputs[0], model.layers[-1].input)(noise(3), training=False).numpy()

    found = unpack(network.predict_and_embed(noise(3))[1], 12).astype(float)

    exact = before / np.abs(before).max(axis=1, keepdims=True) * 127
    assert found == pytest.approx(exact, abs=0.51)


@pytest.mark.parametrize("last", ["none", "one", "maps"])
def test_a_network_that_ends_otherwise_has_no_embedding_and_answers_as_ever(tmp_path: Path, last: str) -> None:
    network = runtime.load_network(served(tmp_path, ending(last)), device="cpu")
    probabilities, seen = network.predict_and_embed(noise(2))
    assert seen == [b"", b""]
    assert (probabilities == network.predict(noise(2))).all()


def ending(last: str) -> Any:
    """No weights at all, too few features, or weights on feature maps."""
    import keras

    if last == "one":
        return small_network()
    pixels = keras.Input((SIDE, SIDE, 1), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(pixels)
    if last == "maps":
        x = keras.layers.Conv2D(1, SIDE, activation="sigmoid")(x)
    return keras.Model(pixels, keras.layers.Flatten()(keras.layers.GlobalAveragePooling2D(keepdims=True)(x)))
