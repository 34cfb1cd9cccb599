"""A run that can be trusted: the same in, the same out, and nothing lost where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from tests.training.drawn_data import draw_data_set
from training.augment import Augmentation
from training.cache import read_arrays
from training.data import find_images
from training.errors import WorkshopError
from training.evaluate import evaluate_held_out
from training.manifest import Manifest
from training.progress import Progress
from training.recipe import Recipe, find_recipe
from training.schedule import rate_after, rate_at

keras = pytest.importorskip("keras")
fit = pytest.importorskip("training.fit")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
QUIET = Progress(quiet=True)


def small_model(outputs: int = 1) -> object:
    """Convolution, normalisation and dropout, as the real ones have, on 16 x 16 pictures."""
    layers = keras.layers
    pixels = keras.Input((16, 16, 1), dtype="uint8")
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(pixels))
    x = layers.BatchNormalization(momentum=0.5)(layers.Dropout(0.2)(x))
    x = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(pixels, layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")(x))


def small_recipe(**changes: object) -> Recipe:
    values: dict[str, object] = {
        "build_model": small_model,
        "preprocessing": Preprocessing(16, 16),
        "batch_size": 8,
        "epochs": 3,
        "learning_rate": 0.02,
        "validation_share": 0.3,
    }
    return replace(find_recipe("cnn160"), **values | changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data_set(tmp_path_factory.mktemp("images"), patients=12, each=2)


def train(images: Path, run: Path, seed: int = 1, progress: Progress = QUIET, **changes: object) -> Manifest:
    manifest: Manifest = fit.fit(
        small_recipe(**changes), find_images(images), "PNEUMONIA", run, run.parent / "cache", seed, progress
    )
    return manifest


def weights(manifest: Manifest) -> list[np.ndarray]:
    return [np.asarray(weight) for weight in fit.best_network(manifest).get_weights()]


def figures(manifest: Manifest) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in manifest.history]


class StopsAfterTheFirstEpoch(Progress):
    """Somebody presses Ctrl+C."""

    def say(self, text: str) -> None:
        if text.startswith("epoch"):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def whole(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A run of two epochs that nobody stopped."""
    return train(images, tmp_path_factory.mktemp("runs") / "whole", epochs=2)


EVERYTHING = {
    "output": "softmax",
    "optimizer": "adamw",
    "weight_decay": 0.02,
    "schedule": "cosine",
    "label_smoothing": 0.1,
    "mixup": 0.3,
    "average": 0.8,
    "balance": "batches",
    "best_by": "last",
    "augmentation": Augmentation(
        gamma=0.5, contrast=0.3, brightness=0.1, blur=1.0, noise=0.05, bias=0.3, erase=0.3, invert=0.1
    ),
}


@pytest.mark.parametrize("changes", [{}, EVERYTHING], ids=["plain", "everything"])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(images: Path, tmp_path: Path, changes: dict) -> None:
    changes = {"best_by": "last"} | changes
    whole = train(images, tmp_path / "whole", epochs=2, **changes)
    with pytest.raises(KeyboardInterrupt):
        train(images, tmp_path / "stopped", epochs=2, progress=StopsAfterTheFirstEpoch(quiet=True), **changes)
    assert len(Manifest.open(tmp_path / "stopped").history) == 1
    resumed = train(images, tmp_path / "stopped", epochs=2, **changes)
    assert figures(resumed) == figures(whole)
    assert all((a == b).all() for a, b in zip(weights(resumed), weights(whole), strict=True))


def test_the_average_is_what_is_judged_and_kept(images: Path, tmp_path: Path) -> None:
    manifest = train(images, tmp_path / "run", epochs=1, average=0.9, best_by="last")
    own = keras.saving.load_model(manifest.weights(manifest.best), compile=False).get_weights()
    assert any((a != b).any() for a, b in zip(own, weights(manifest), strict=True))


def test_the_figures_of_training_are_of_all_batches(images: Path, tmp_path: Path) -> None:
    manifest = train(images, tmp_path / "run", epochs=1, batch_size=1, learning_rate=1e-12)
    count = sum(manifest.facts["split"]["train"]["images"].values())
    right = manifest.history[0]["train_accuracy"] * count
    assert right == pytest.approx(round(right))
    assert 0 < right < count


def test_training_ends_early_where_the_recipe_says_so(images: Path, tmp_path: Path) -> None:
    manifest = train(images, tmp_path / "run", epochs=9, learning_rate=1e-12, stop_patience=2, best_by="accuracy")
    assert len(manifest.history) == 3
    again = train(images, tmp_path / "run", epochs=9, learning_rate=1e-12, stop_patience=2, best_by="accuracy")
    assert len(again.history) == 3


def test_another_seed_starts_from_other_weights(tmp_path: Path) -> None:
    empty = Manifest(tmp_path, {}, [])
    one, same, other = (
        fit.opened_network(small_recipe(), empty, ("A", "B"), seed)[0].get_weights()[0] for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_a_run_folder_is_not_mixed_with_another_run(images: Path, whole: Manifest) -> None:
    with pytest.raises(WorkshopError, match="another seed"):
        train(images, whole.run, epochs=2, seed=2)
    with pytest.raises(WorkshopError, match="another recipe"):
        train(images, whole.run, epochs=3)


def test_the_manifest_says_what_went_in_and_names_no_patient(images: Path, whole: Manifest) -> None:
    facts = Manifest.open(whole.run).facts
    assert facts["data"]["classes"] == {"NORMAL": 24, "PNEUMONIA": 24}
    assert facts["data"]["fingerprint"] == find_images(images).fingerprint
    assert not set(facts["split"]["train"]["patients"]) & set(facts["split"]["validation"]["patients"])
    assert facts["software"]["keras"] == keras.__version__
    text = (whole.run / "manifest.json").read_text()
    assert "person1" not in text
    assert "IM-0001" not in text
    kept = {path.name for path in whole.run.glob("epoch-*")}
    assert kept == {whole.weights(row).name for row in (whole.history[-1], whole.best)}


def test_the_held_out_figures_come_with_operating_points_in_order(images: Path, whole: Manifest) -> None:
    found = evaluate_held_out(whole, find_images(images), whole.run.parent / "cache", QUIET)
    assert found == Manifest.open(whole.run).evaluation("validation")
    # Calibration moves every probability, and accuracy at 0.5 with them, but never their order.
    assert found["auc"]["value"] == pytest.approx(whole.best["validation_auc"], abs=1e-3)
    assert 0 <= found["thresholds"]["sensitive"] <= found["thresholds"]["specific"] <= 1
    assert sum(sum(band.values()) for band in found["bands"].values()) == sum(found["images"].values())


def test_training_and_serving_prepare_the_same_pixels(images: Path, tmp_path: Path) -> None:
    data, preprocessing = find_images(images), Preprocessing(16, 16)
    arrays = read_arrays(data, preprocessing, tmp_path, QUIET)
    assert not arrays.flags.writeable
    for array, image in zip(arrays, data.images, strict=True):
        assert (array == preprocessing(read_radiograph(image.path.read_bytes()))).all()


def test_a_picture_is_decoded_once_per_preprocessing(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = find_images(images)
    read_arrays(data, Preprocessing(16, 16), tmp_path, QUIET)
    monkeypatch.setattr("training.cache.read_radiograph", lambda _: pytest.fail("read a second time"))
    assert len(read_arrays(data, Preprocessing(16, 16), tmp_path, QUIET)) == 48
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing_half_built(tmp_path: Path) -> None:
    root = draw_data_set(tmp_path / "images", patients=2)
    (root / "NORMAL" / "IM-0009-0001.jpeg").write_bytes(b"\xff\xd8 cut short")
    with pytest.raises(WorkshopError, match=r"1 files can't be read[\s\S]*NORMAL/IM-0009-0001.jpeg"):
        read_arrays(find_images(root), Preprocessing(16, 16), tmp_path / "cache", QUIET)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("accuracies", "rates"),
    [
        ([0.5, 0.6, 0.7], [1, 1, 1]),
        ([0.7, 0.7, 0.7, 0.7, 0.7], [1, 1, 0.3, 0.3, 0.09]),
        ([0.7, 0.6, 0.8, 0.7, 0.7], [1, 1, 1, 1, 0.3]),
        ([0.7, 0.70005, 0.70009], [1, 1, 0.3]),
    ],
)
def test_the_rate_falls_after_two_epochs_that_brought_nothing(accuracies: list[float], rates: list[float]) -> None:
    recipe = find_recipe("cnn160")
    history = [{"validation_accuracy": value} for value in accuracies]
    found = [rate_after(recipe, history[: n + 1]) / recipe.learning_rate for n in range(len(history))]
    assert found == pytest.approx(rates)


def test_the_rate_has_a_floor() -> None:
    history = [{"validation_accuracy": 0.5}] * 60
    assert rate_after(find_recipe("cnn160"), history) == pytest.approx(1e-6)


def test_a_cosine_goes_from_the_first_rate_to_nothing() -> None:
    recipe = replace(find_recipe("cnn160"), schedule="cosine", learning_rate=0.1, epochs=2)
    rates = [rate_at(recipe, [{}] * epoch, step, 2) for epoch in (0, 1) for step in (0, 1)]
    assert rates == pytest.approx([0.1, 0.1 * 0.853553, 0.05, 0.1 * 0.146447], rel=1e-5)
