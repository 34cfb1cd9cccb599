"""The command line from a folder of pictures to a bundle that serves, and its words where it can't."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle
from tests.training.drawn_data import draw_data_set
from training.__main__ import main
from training.cache import read_arrays
from training.data import find_images
from training.manifest import Manifest
from training.progress import Progress
from training.recipe import recipe_names
from training.scorer import open_scorer

pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CARD = Path(__file__).parents[2] / "training" / "cards" / "pneumonia.toml"


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert main([*map(str, arguments), "--json"]) == 0, capsys.readouterr().err
    facts: dict[str, object] = json.loads(capsys.readouterr().out)
    return facts


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([*map(str, arguments)]) == 1
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cnn160 after one epoch on forty drawn pictures: it knows nothing yet, and everything about it is there."""
    folder = tmp_path_factory.mktemp("workshop")
    draw_data_set(folder / "images" / "train", patients=10, each=2)
    draw_data_set(folder / "images" / "other", patients=4, each=2, seed=9, first=50)
    draw_data_set(folder / "copies", patients=3, each=2, seed=5)
    arguments = ["fit", "cnn160", folder / "images", "--out", folder / "run", "--epochs", "1", "--json"]
    assert main([*map(str, arguments)]) == 0
    return folder / "run"


def test_from_a_run_to_a_bundle_that_serves(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = run.parent / "images"
    publish = ("publish", run, "--out", tmp_path / "bundle", "--version", "0.1.0")
    for path in (run / "evaluations").glob("[!v]*.json"):  # other tests of this module may have come first
        path.unlink()
    assert "at least one other set" in refusal(capsys, *publish)

    found = answer(capsys, "evaluate", run, images, "--split", "other")
    assert found["images"] == {"NORMAL": 8, "PNEUMONIA": 8}
    moved = answer(capsys, "evaluate", run, images / "train", "--against", run.parent / "copies")
    assert moved["pairs"] == 12
    published = answer(capsys, *publish)

    bundle = Bundle.open(tmp_path / "bundle")
    assert (bundle.sha256, bundle.facts["cost"]) == (published["sha256"], published["cost"])
    assert (bundle.facts["cost"]["passes"], bundle.facts["cost"]["times_one"]) == (1, 1.0)
    assert f"A picture passes one network: {bundle.facts['cost']['multiply_adds']:,} multiply-adds." in bundle.card
    assert set(bundle.metrics) == {"validation", "other", "copies"}
    assert "epoch 1 has the best validation auc" in bundle.card
    assert "12 pictures in the form of training" in bundle.card
    assert not re.search(r"person\d|IM-0|patients.{0,5}: \[", json.dumps(dict(bundle.facts)))
    data, cache = find_images(images, "other"), run.parent / "cache"
    arrays = read_arrays(data, bundle.preprocessing, cache, Progress(quiet=True))
    of_run, of_bundle = open_scorer(run).scores(arrays), open_scorer(tmp_path / "bundle").scores(arrays)
    assert np.abs(of_run - of_bundle).max() < 1e-5
    assert "exists" in refusal(capsys, *publish)
    main(["card", str(tmp_path / "bundle")])
    assert capsys.readouterr().out.startswith("# Pneumonia in frontal chest X-rays of children: pneumonia 0.1.0")


def test_a_run_leaves_its_page(run: Path) -> None:
    assert "Wrong pictures" in (run / "report.html").read_text()
    assert (run / "metrics.csv").read_text().startswith("set,figure,value,low,high")


def test_an_empty_field_of_the_card_stops_publishing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = re.sub(r'limits = """.*?"""', 'limits = " "', CARD.read_text(), flags=re.DOTALL)
    (tmp_path / "card.toml").write_text(text.replace("monitoring = ", "watching = "))
    arguments = ("publish", run, "--out", tmp_path / "bundle", "--card", tmp_path / "card.toml")
    assert "has no limits, monitoring" in refusal(capsys, *arguments)
    assert not (tmp_path / "bundle").exists()


def test_a_run_is_resumed_by_name_only_where_there_is_one(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ("fit", "cnn160", run.parent / "images", "--epochs", "1", "--resume", "--out")
    assert "holds no run to resume" in refusal(capsys, *again, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    before = (run / "manifest.json").read_bytes()
    assert answer(capsys, *again, run)["run"] == str(run)
    assert (run / "manifest.json").read_bytes() == before  # its one epoch was finished


def test_recipes_are_listed_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes"]) == 0
    assert "1,357,313" in capsys.readouterr().out
    assert main(["recipes", "--json"]) == 0
    assert [recipe["name"] for recipe in json.loads(capsys.readouterr().out)] == recipe_names()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("fit", "cnn999", "DATA", "--out", "RUN"), "There is no recipe 'cnn999'"),
        (("fit", "cnn160", "nowhere", "--out", "RUN"), "There is no folder nowhere"),
        (("evaluate", "nowhere", "DATA"), "neither a run"),
        (("publish", "nowhere", "--out", "BUNDLE"), "is no run"),
        (("card", "nowhere"), "lacks a file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(capsys, *arguments)
    assert sentence in told
    assert "Traceback" not in told


def test_a_positive_class_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_data_set(tmp_path / "images", patients=2)
    told = refusal(capsys, "fit", "cnn160", tmp_path / "images", "--out", tmp_path / "run", "--positive", "COVID")
    assert "No class 'COVID' in ['NORMAL', 'PNEUMONIA']" in told
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("arguments", [[], ["fit"], ["fit", "cnn160"], ["evaluate", "--nonsense"]])
def test_wrong_arguments_exit_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize("command", ["fit", "evaluate", "publish", "card"])
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"python -m training {command}" in capsys.readouterr().out


def test_predictions_are_a_row_per_image_and_another_population_stands_beside(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = run.parent / "images"
    file = tmp_path / "predictions.csv"
    options = [
        "--split",
        "other",
        "--predictions",
        str(file),
        "--outside",
        str(images / "other"),
        "--prevalence",
        "0.1",
    ]
    assert main(["evaluate", str(run), str(images), *options]) == 0
    told = capsys.readouterr().out
    assert "OUTSIDE: AUC" in told
    assert "at a prevalence of 10.0%" in told
    assert "family virus" in told
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == len(find_images(images, "other").images)
    assert float(rows[0]["p_NORMAL"]) + float(rows[0]["p_PNEUMONIA"]) == pytest.approx(1, abs=1e-5)
    assert rows[0]["band"] in ("unlikely", "uncertain", "likely")


def test_a_model_compared_with_itself_is_no_better(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["compare", str(run), str(run), str(run.parent / "images"), "--split", "other"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["difference"]["auc"]["value"] == 0
    assert main(command) == 0
    assert "McNemar p = 1" in capsys.readouterr().out


class StopsAfterTheFirstEpoch(Progress):
    """Somebody presses Ctrl+C."""

    def say(self, text: str) -> None:
        if text.startswith("epoch"):
            raise KeyboardInterrupt


@pytest.mark.chaos
@pytest.mark.timeout(600)  # each fold starts a process with TensorFlow
def test_every_patient_is_held_out_by_one_fold_and_a_stopped_cross_validation_goes_on(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = find_images(run.parent / "images", "train")
    command = ["fit", "cells32", str(run.parent / "images"), "--set", "epochs=2", "--json"]
    cached = ["--cache", str(tmp_path / "cache")]
    places = [tmp_path / "folds" / f"fold-{number}" for number in (1, 2)]
    first, second = ([*command, *cached, "--fold", f"{n}/2", "--out", str(place)] for n, place in enumerate(places, 1))
    assert main(first) == 0, "as the whole command does it, which was then stopped in the second fold"
    with monkeypatch.context() as patched:
        patched.setattr("training.__main__.Progress", StopsAfterTheFirstEpoch)
        assert main(second) == 1
    written, begun = (places[0] / "manifest.json").stat().st_mtime_ns, Manifest.open(places[1]).history
    assert len(begun) == 1
    capsys.readouterr()

    assert main([*command, *cached, "--out", str(tmp_path / "folds"), "--folds", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(found["images"].values()) == len(images.images)
    assert [fold["fold"] for fold in found["folds"]] == ["1/2", "2/2"]
    assert (places[0] / "manifest.json").stat().st_mtime_ns == written
    assert Manifest.open(places[1]).history[:1] == begun
    assert len(Manifest.open(places[1]).history) == 2
    held_out = [set(Manifest.open(place).facts["split"]["validation"]["images"].items()) for place in places]
    assert held_out[0] == held_out[1] == {("NORMAL", 10), ("PNEUMONIA", 10)}
    assert "another fold" in refusal(capsys, *command, "--out", places[0])
