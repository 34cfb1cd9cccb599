"""Several networks as one, and one that learns from another."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.preprocessing import Preprocessing
from tests.training.drawn_data import draw_data_set
from training.__main__ import main
from training.data import find_images
from training.manifest import Manifest

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
RECIPE = """
import keras
from dataclasses import replace
from training.recipe import find_recipe

def build_model(outputs):
    pixels = keras.Input((16, 16, 1), dtype="uint8")
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.BatchNormalization()(x))
    return keras.Model(pixels, keras.layers.Dense(outputs, activation="sigmoid")(x))

of = find_recipe("residual")
prepared = replace(of.preprocessing, height=16, width=16)
RECIPE = replace(of, name="tiny", build_model=build_model, network={}, preprocessing=prepared, epochs=2, average=0.5)
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data_set(tmp_path_factory.mktemp("images"), patients=8, each=2)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a recipe that trains in a moment."""
    file = tmp_path_factory.mktemp("recipe") / "tiny.py"
    file.write_text(RECIPE)
    return str(file)


@pytest.fixture(scope="module")
def runs(tiny: str, images: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs that differ in their augmentation alone."""
    folder = tmp_path_factory.mktemp("runs")
    for name, setting in (("one", "augmentation.blur=0"), ("two", "augmentation.blur=2")):
        assert main(["fit", tiny, str(images), f"--out={folder / name}", f"--set={setting}", "--json"]) == 0
    return folder / "one", folder / "two"


def answers(run: Path, images: Path) -> np.ndarray:
    """What the network of a run says, without calibration."""
    from training.scorer import scorer_of_run

    scorer = scorer_of_run(Manifest.open(run), calibrated=False)
    return scorer.scores(prepared(images, scorer.preprocessing, run.parent))


def prepared(images: Path, preprocessing: Preprocessing, cache: Path) -> np.ndarray:
    from training.cache import read_arrays
    from training.progress import Progress

    return read_arrays(find_images(images), preprocessing, cache, Progress(quiet=True))


def test_an_ensemble_answers_the_mean_of_its_members(images: Path, runs: tuple[Path, Path], tmp_path: Path) -> None:
    assert main(["ensemble", *map(str, runs), str(images), f"--out={tmp_path / 'both'}", "--json"]) == 0
    mean = (answers(runs[0], images) + answers(runs[1], images)) / 2
    assert np.abs(answers(tmp_path / "both", images) - mean).max() < 1e-6
    manifest = Manifest.open(tmp_path / "both")
    assert [member["run"] for member in manifest.facts["recipe"]["members"]] == ["one", "two"]
    assert manifest.evaluation("validation")


ONE_PASS = 3 * 3 * 4 * 7 * 7 + 4  # of RECIPE: the convolution at 7 x 7 places, and the dense layer


@pytest.mark.parametrize(("options", "networks", "passes"), [([], 2, 2), (["--mirrored"], 2, 4)])
def test_a_published_ensemble_tells_its_cost_beside_that_of_one_network(
    images: Path, runs: tuple[Path, Path], tmp_path: Path, options: list[str], networks: int, passes: int
) -> None:
    from inference.bundle import Bundle

    both, others = tmp_path / "both", draw_data_set(tmp_path / "others", patients=4, each=2, seed=9, first=50)
    assert main(["ensemble", *map(str, runs), str(images), f"--out={both}", *options, "--json"]) == 0
    assert main(["evaluate", str(both), str(others), "--json"]) == 0
    assert main(["publish", str(both), f"--out={tmp_path / 'bundle'}", "--json"]) == 0
    bundle = Bundle.open(tmp_path / "bundle")
    cost = {"networks": networks, "passes": passes, "multiply_adds": passes * ONE_PASS, "times_one": float(passes)}
    assert bundle.facts["cost"] == cost
    said = f": {passes * ONE_PASS:,} multiply-adds together, {passes}.0 times those of its largest"
    assert said in bundle.card
    assert ("as it is and mirrored, 4 times in all" in bundle.card) == bool(options)


def test_an_ensemble_of_ensembles_counts_every_pass(runs: tuple[Path, Path]) -> None:
    from training.cost import cost_of
    from training.ensemble import mean_network
    from training.fit import best_network

    one, two = (best_network(Manifest.open(run)) for run in runs)
    inner: dict[str, object] = {"members": [{"recipe": {}}, {"recipe": {}}], "mirrored": True}
    outer = {"members": [{"recipe": inner}, {"recipe": {}}], "mirrored": False}
    network = mean_network([mean_network([one, two], mirrored=True), keras.models.clone_model(one)])
    found = cost_of(network, outer)
    assert (found["networks"], found["passes"], found["multiply_adds"]) == (3, 5, 5 * ONE_PASS)


def test_a_mirrored_ensemble_does_not_tell_left_from_right(images: Path, runs: tuple[Path, Path]) -> None:
    from training.ensemble import mean_network
    from training.fit import best_network

    network = mean_network([best_network(Manifest.open(run)) for run in runs], mirrored=True)
    picture = np.random.default_rng(1).integers(256, size=(1, 16, 16, 1), dtype=np.uint8)
    there, back = (np.asarray(network(p))[0, 0] for p in (picture, picture[:, :, ::-1]))
    assert there == pytest.approx(back, abs=1e-6)


def test_members_that_prepare_pictures_in_another_way_are_refused(
    tiny: str, images: Path, runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    assert main(["fit", tiny, str(images), f"--out={other}", "--set=preprocessing.equalise=none"]) == 0
    assert main(["ensemble", str(runs[0]), str(other), str(images), f"--out={tmp_path / 'both'}"]) == 1
    assert "prepares pictures in another way" in capsys.readouterr().err
    assert not (tmp_path / "both").exists()


@pytest.mark.parametrize("equalise", ["histogram", "none"])
def test_a_pupil_learns_what_its_teacher_says(
    tiny: str, images: Path, runs: tuple[Path, Path], tmp_path: Path, equalise: str
) -> None:
    """Prepared alike: of the pictures as shown; else of each as it lies on disk. Never the labels."""
    from inference.bundle import Output
    from training.distill import lesson_of_teacher
    from training.progress import Progress
    from training.recipe import find_recipe
    from training.settings import with_settings

    recipe = with_settings(find_recipe(tiny), [f"preprocessing.equalise={equalise}", f"teacher={runs[0]}"])
    data = find_images(images)
    lesson = lesson_of_teacher(recipe, data, Output("sigmoid", "PNEUMONIA"), tmp_path, Progress(quiet=True))
    own = answers(runs[0], images)[:, np.newaxis]
    if equalise == "none":
        assert lesson.shown is None
        assert np.abs(lesson.targets - own).max() < 1e-6
    else:
        assert lesson.shown is not None
        pictures = prepared(images, recipe.preprocessing, tmp_path)
        assert np.abs(lesson.shown(pictures) - own).max() < 1e-6


def test_distill_names_its_teacher_by_content_and_gives_the_same_twice(
    tiny: str, images: Path, runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    distill = ["distill", str(runs[0]), tiny, str(images), "--json"]
    assert main([*distill, f"--out={whole}"]) == 0
    assert main([*distill, f"--out={halves}"]) == 0
    told = [json.loads((run / "manifest.json").read_text())["recipe"]["teacher"] for run in (whole, halves)]
    assert told[0] == told[1]
    assert told[0].startswith("one sha256 ")
    assert (answers(whole, images) == answers(halves, images)).all()
    assert main(["distill", str(tmp_path), tiny, str(images), f"--out={tmp_path / 'no'}"]) == 1
    assert "can't teach" in capsys.readouterr().err
