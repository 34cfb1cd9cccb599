"""Learning on the features of a network that was trained before: kept, exact, thawed in steps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from inference.preprocessing import Preprocessing
from tests.training.drawn_data import draw_data_set
from training.__main__ import main
from training.backbones import features_of, find_network, with_weights
from training.data import find_images
from training.errors import WorkshopError
from training.manifest import Manifest
from training.progress import Progress
from training.recipe import find_recipe
from training.transfer import TransferRecipe, leaves

keras = pytest.importorskip("keras")
fit = pytest.importorskip("training.fit")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
QUIET = Progress(quiet=True)
BUNDLE = Path(__file__).parents[2] / "inference" / "bundles" / "pneumonia"


def small_model(outputs: int, weights: str = "random") -> Any:
    """Two convolutions, normalised, as a backbone; dropout and one dense layer as a head; 16 x 16 pictures."""
    layers = keras.layers
    shown = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Conv2D(4, 3, activation="relu", name="one")(layers.Rescaling(1 / 255)(shown))
    x = layers.Conv2D(4, 3, activation="relu", name="two")(layers.BatchNormalization()(x))
    features = keras.Model(shown, layers.GlobalAveragePooling2D()(x), name="features")
    kept = keras.Input((4,))
    dense = layers.Dense(outputs, activation="softmax")
    head = keras.Model(kept, dense(layers.Dropout(0.2)(kept)), name="head")
    features.trainable = False
    pixels = keras.Input((16, 16, 1), dtype="uint8")
    return keras.Model(pixels, head(features(pixels)))


def small_recipe(**changes: Any) -> TransferRecipe:
    recipe = find_recipe("transfer")
    assert isinstance(recipe, TransferRecipe)
    small = replace(recipe, build_model=small_model, network={"weights": "random"}, best_by="last", batch_size=8)
    return replace(small, preprocessing=Preprocessing(16, 16), epochs=4, learning_rate=0.05, **changes)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data_set(tmp_path_factory.mktemp("images"), patients=8, each=2)


class StopsAfter(Progress):
    """Somebody presses Ctrl+C after so many epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__(quiet=True)
        self.left = epochs

    def say(self, text: str) -> None:
        self.left -= text.startswith("epoch")
        if self.left == 0:
            raise KeyboardInterrupt


def train(images: Path, run: Path, recipe: TransferRecipe, progress: Progress = QUIET) -> Manifest:
    data = find_images(images)
    manifest: Manifest = fit.fit(recipe, data, "PNEUMONIA", run, run.parent / "cache", 1, progress)
    return manifest


def layer_weights(manifest: Manifest) -> dict[str, list[np.ndarray]]:
    network = fit.best_network(manifest)
    return {layer.name: [np.asarray(w) for w in layer.get_weights()] for layer in leaves(network) if layer.weights}


def test_while_all_is_frozen_features_are_computed_once_and_the_backbone_stays(images: Path, tmp_path: Path) -> None:
    manifest = train(images, tmp_path / "run", small_recipe())
    (kept,) = (tmp_path / "cache").glob("features-*.npy")
    written = kept.stat().st_mtime_ns
    assert np.load(kept).shape == (32, 4)
    keras.utils.set_random_seed(1)
    fresh = small_recipe().new_network(("NORMAL", "PNEUMONIA"))
    learned = fit.best_network(manifest)
    for name, same in (("features", True), ("head", False)):
        pairs = zip(fresh.get_layer(name).get_weights(), learned.get_layer(name).get_weights(), strict=True)
        assert all((a == b).all() for a, b in pairs) is same
    train(images, tmp_path / "again", small_recipe())
    assert kept.stat().st_mtime_ns == written
    assert manifest.history[-1]["train_loss"] < manifest.history[0]["train_loss"]


def test_kept_features_judge_as_the_whole_network_does(images: Path, tmp_path: Path) -> None:
    from training.evaluate import evaluate_held_out

    manifest = train(images, tmp_path / "run", small_recipe())
    found = evaluate_held_out(manifest, find_images(images), tmp_path / "cache", QUIET)
    assert found["auc"]["value"] == pytest.approx(manifest.best["validation_auc"], abs=1e-3)


def test_layers_thaw_from_the_last_in_steps(images: Path, tmp_path: Path) -> None:
    recipe = small_recipe(frozen_epochs=1, thaw=1, thaw_every=1)
    assert [recipe.thawed_layers(epoch) for epoch in range(4)] == [0, 1, 2, 3]
    manifest = train(images, tmp_path / "one", replace(recipe, epochs=2, thaw_rate=0.5))
    frozen = layer_weights(train(images, tmp_path / "frozen", replace(recipe, epochs=1)))
    thawed = layer_weights(manifest)
    assert (frozen["one"][0] == thawed["one"][0]).all()
    assert (frozen["two"][0] != thawed["two"][0]).any()
    assert [row["rate"] for row in manifest.history] == pytest.approx([0.05, 0.025])


IN_STAGES = {"frozen_epochs": 2, "thaw": 2, "thaw_rate": 0.5, "average": 0.8}


@pytest.fixture(scope="module")
def whole(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Two epochs frozen and two thawed that nobody stopped."""
    return train(images, tmp_path_factory.mktemp("runs") / "whole", small_recipe(**IN_STAGES))


@pytest.mark.parametrize("stopped", [1, 2, 3])
def test_a_run_stopped_in_any_stage_ends_as_one_that_was_not(
    images: Path, whole: Manifest, tmp_path: Path, stopped: int
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(images, tmp_path / "stopped", small_recipe(**IN_STAGES), StopsAfter(stopped))
    resumed = train(images, tmp_path / "stopped", small_recipe(**IN_STAGES))
    for one, other in zip(whole.history, resumed.history, strict=True):
        assert one | {"seconds": 0} == other | {"seconds": 0}
    pairs = zip(fit.best_network(whole).get_weights(), fit.best_network(resumed).get_weights(), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_a_bundle_is_a_backbone_without_its_last_layers() -> None:
    """The product's bundle is a mean of networks: the features of all of them, from which each answers as before."""
    features = features_of(str(BUNDLE), "imagenet", 64)
    whole = keras.saving.load_model(BUNDLE / "model.keras", compile=False)
    members = [layer for layer in whole.layers if isinstance(layer, keras.Model)]
    lasts = [[part for part in member.layers if part.weights][-1] for member in members]
    pictures = np.random.default_rng(0).integers(0, 256, (2, *features.input_shape[1:]), np.uint8)
    parts = np.split(np.asarray(features(pictures, training=False)), len(lasts), axis=1)
    answers = [np.asarray(last(part)) for last, part in zip(lasts, parts, strict=True)]
    assert len(answers) == 4
    assert np.allclose(np.mean(answers, axis=0), np.asarray(whole(pictures, training=False)), atol=1e-5)


def test_a_recipe_on_a_bundle_asks_for_its_preprocessing_and_names_it_by_its_content() -> None:
    network = {"backbone": str(BUNDLE), "weights": "imagenet", "side": 64, "dropout": 0.2}
    recipe = replace(find_recipe("transfer"), network=network, preprocessing=Preprocessing(80, 64))
    with pytest.raises(WorkshopError, match=r"--set preprocessing\.height=64"):
        recipe.new_network(("A", "B", "C"))
    from inference.bundle import Bundle

    bundle = Bundle.open(BUNDLE)
    taught = replace(recipe, preprocessing=bundle.preprocessing)
    assert taught.new_network(("A", "B", "C")).output_shape == (None, 3)
    assert bundle.sha256 in taught.to_dict()["network"]["backbone"]
    assert str(BUNDLE) not in str(taught.to_dict())


def test_the_size_of_a_network_of_keras_follows_the_preprocessing() -> None:
    network = {"backbone": "MobileNetV2", "weights": "random", "side": 160, "dropout": 0.2}
    recipe = replace(find_recipe("transfer"), network=network, preprocessing=Preprocessing(96, 96))
    built = recipe.new_network(("A", "B", "C"))
    assert built.input_shape == (None, 96, 96, 1)
    assert sum(int(np.prod(weight.shape)) for weight in built.trainable_weights) == 1280 * 3 + 3


def test_an_unknown_backbone_is_answered_with_those_there_are() -> None:
    with pytest.raises(WorkshopError, match=r"VGG17.*neither.*VGG16"):
        features_of("VGG17", "random", 64)


def test_vgg16_takes_weights_from_a_file_of_the_published_form(tmp_path: Path) -> None:
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    trained = keras.applications.VGG16(include_top=False, weights=None, input_shape=(64, 64, 3))
    path = tmp_path / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, trained)
    backbone = with_weights(find_network("VGG16"), str(path), 64)
    assert all((a == b).all() for a, b in zip(backbone.get_weights(), trained.get_weights(), strict=True))
    recipe = replace(find_recipe("vgg16_transfer"), network={"weights": str(path)})
    network = recipe.new_network(("A", "B", "C"))
    loaded = network.get_layer("features").get_weights()
    assert all((a == b).all() for a, b in zip(loaded, trained.get_weights(), strict=True))
    assert [tuple(weight.shape) for weight in network.trainable_weights] == [(25_088, 3), (3,)]
    assert str(tmp_path) not in str(recipe.to_dict())


@pytest.mark.parametrize("content", [None, b"no weights"])
def test_weights_that_are_not_there_are_told_with_what_to_fetch(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "vgg16.h5"
    if content:
        file.write_bytes(content)
    with pytest.raises(WorkshopError, match=r"notop\.h5.*\.keras/models.*weights=FILE.*weights=random"):
        with_weights(find_network("VGG16"), str(file), 64)


def test_values_that_make_no_sense_are_told() -> None:
    with pytest.raises(WorkshopError, match="mixup is for pictures"):
        small_recipe(mixup=0.2)
    with pytest.raises(WorkshopError, match="not below 0"):
        small_recipe(thaw=-1)


@pytest.mark.long
def test_a_head_on_a_bundle_is_trained_by_one_command_in_folds(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", "transfer", str(images), "--set", f"network.backbone={BUNDLE}", "--set", "epochs=1", "--json"]
    command += ["--set", "preprocessing.height=64", "--set", "preprocessing.width=64"]
    assert main([*command, "--folds", "2", "--out", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == {"NORMAL": 16, "PNEUMONIA": 16}
    assert len(list((tmp_path / "cache").glob("features-*.npy"))) == 1  # the second fold found those of the first
