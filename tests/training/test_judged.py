"""Who may judge a model, at which points, and what a calibrated or three-class bundle says."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle
from tests.training.drawn_data import draw_data_set
from training.__main__ import main
from training.card_figures import counted, told
from training.data import find_images
from training.held_out import read_held_out
from training.manifest import Manifest
from training.scorer import open_scorer
from training.taught import overlap, overlap_with_run

pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0, capsys.readouterr().err
    facts: dict[str, object] = json.loads(capsys.readouterr().out)
    return facts


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([*map(str, arguments)]) == 1
    return capsys.readouterr().err


def fitted(folder: Path, *more: str) -> Path:
    arguments = ["fit", "cells32", str(folder / "train"), "--out", str(folder / "run"), "--json", *more]
    assert main([*arguments, "--set", "epochs=6", "--set", "validation_share=0.4"]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cells32 after six epochs: it tells the drawn classes apart."""
    folder = tmp_path_factory.mktemp("judged")
    draw_data_set(folder / "train", patients=20)
    draw_data_set(folder / "others", patients=6, seed=7, first=100)
    draw_data_set(folder / "same_people", patients=3, seed=8)
    return fitted(folder)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with three classes."""
    folder = tmp_path_factory.mktemp("three")
    for part, first in (("train", 1), ("others", 100)):
        draw_data_set(folder / part, patients=8, seed=first, first=first)
        draw_data_set(folder / "more", patients=8, seed=first + 1, first=first + 1000)
        shutil.move(folder / "more" / "PNEUMONIA", folder / part / "COVID")
    return fitted(folder, "--set", "output=softmax")


def test_a_model_is_not_judged_by_whom_it_learned_from(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refusal(capsys, "evaluate", run, run.parent / "train")
    assert "learned from 24 of these 40 patients" in told
    assert "48 of 80 files byte for byte" in told
    found = answer(capsys, "evaluate", run, run.parent / "train", "--even-taught", "--name", "flattered")
    assert found["even_taught"] == {"patients": 24, "pictures": 48}
    assert main(["evaluate", str(run), str(run.parent / "train"), "--even-taught", "--name", "flattered"]) == 0
    assert "THE MODEL LEARNED FROM 24 OF THESE PATIENTS" in capsys.readouterr().out
    (run / "evaluations" / "flattered.json").unlink()


def test_other_pictures_of_the_same_patients_are_refused_too(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 of 12 files byte for byte" in refusal(capsys, "evaluate", run, run.parent / "same_people")


def test_a_number_that_is_used_twice_is_another_child(run: Path) -> None:
    data = find_images(run.parent / "train")
    swapped = {"bacteria": "virus", "virus": "bacteria"}
    sick = [
        replace(i, facts={"family": swapped[i.facts["family"]]}, sha256=f"other {i.name}")
        for i in data.images
        if i.label == "PNEUMONIA"
    ]
    found = overlap_with_run(Manifest.open(run), replace(data, images=tuple(sick)))
    assert (found.patients, found.pictures) == (0, 0)
    assert found.names == 12


def test_a_run_from_before_pictures_were_kept_still_knows_the_names(run: Path) -> None:
    manifest = Manifest.open(run)
    for name in ("people", "pictures"):
        del manifest.facts["split"]["train"][name]
    found = overlap_with_run(manifest, find_images(run.parent / "train"))
    assert found.patients == 12  # of the normal ones, whose numbers are used once
    assert found.names == 24


def test_points_are_chosen_anew_without_images(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    before = answer(capsys, "evaluate", copy, run.parent / "others")
    found = answer(capsys, "points", copy, "--sensitive", "0.7", "--specific", "0.7", "--calibration", "none")
    assert found["calibration"] == {"method": "none"}
    assert found["dropped"] == ["others"]
    assert "at least 70% of the positive images" in str(found["thresholds_chosen"])
    after = answer(capsys, "evaluate", copy, run.parent / "others")
    assert after["auc"] == before["auc"]
    assert after["at_sensitive"]["threshold"] == found["thresholds"]["sensitive"]  # type: ignore[index]
    assert "uncalibrated" not in after
    again = answer(capsys, "points", copy)
    assert again["thresholds"] == Manifest.open(run).evaluation("validation")["thresholds"]  # type: ignore[index]
    assert "An aim is a share" in refusal(capsys, "points", copy, "--sensitive", "95")


def test_points_are_chosen_on_another_set_and_the_card_says_so(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    others = run.parent / "others"
    found = answer(capsys, "points", copy, "--on", others, "--sensitive", "0.9", "--specific", "0.9")
    assert str(found["thresholds_chosen"]).startswith("On others, at least 90%")
    assert found["calibration"]["fitted_on"] == "24 images of others"  # type: ignore[index]
    judged = answer(capsys, "evaluate", copy, others)
    assert judged["at_sensitive"]["sensitivity"]["value"] >= 0.9  # type: ignore[index]
    assert judged["at_specific"]["specificity"]["value"] >= 0.9  # type: ignore[index]
    answer(capsys, "publish", copy, "--out", tmp_path / "bundle")
    card = (tmp_path / "bundle" / "card.md").read_text()
    assert "Chosen on others, which the figures of others below therefore flatter." in card
    assert "fitted on 24 images of others" in card
    kept = {name: Manifest.open(copy).evaluation(name) for name in ("validation", "others")}
    for name, of in kept.items():
        assert of is not None
        where = " (fitted on it)" if name == "others" else ""
        figures = [told(part[figure]) for figure in ("calibration_error", "brier") for part in (of["uncalibrated"], of)]
        assert f"| {name}{where} | {' | '.join(figures)} |" in card
        for band, images in of["bands"].items():
            rate = told(of["band_rates"][band])
            assert f"| {name} | {band} | {counted(images)} | {rate} |" in card
    assert "learned from" in refusal(capsys, "points", copy, "--on", run.parent / "train")


def test_a_calibrated_bundle_answers_as_its_run_does(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, chances = read_held_out(Manifest.open(run), ("NORMAL", "PNEUMONIA"))
    assert len(data.images) == len(chances) == 32
    found = Manifest.open(run).evaluation("validation")
    assert found is not None
    assert found["calibration"]["method"] == "platt"
    assert set(found["uncalibrated"]) == {"brier", "calibration_error"}
    answer(capsys, "evaluate", run, run.parent / "others")
    answer(capsys, "publish", run, "--out", tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.calibrated
    assert "The probabilities are calibrated (platt" in bundle.card
    assert not {"people", "pictures", "salt"} & set(json.dumps(dict(bundle.facts)).split('"'))
    arrays = np.random.default_rng(0).integers(0, 255, (9, 32, 32, 1), np.uint8)
    ours, served = open_scorer(run).probabilities(arrays), open_scorer(tmp_path / "bundle").probabilities(arrays)
    assert served == pytest.approx(ours, abs=1e-5)
    assert np.abs(open_scorer(run).calibration.undone(served, 1) - served).max() > 1e-3  # type: ignore[union-attr]
    assert overlap(tmp_path / "bundle", find_images(run.parent / "others")).told() == {"taught_unknown": True}
    assert "learned from 40 of these 40" in refusal(capsys, "evaluate", tmp_path / "bundle", run.parent / "train")


def test_three_classes_go_all_the_way(three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "evaluate", three, three.parent / "others", "--predictions", tmp_path / "rows.csv")
    assert set(found["classes"]["confusion"]["COVID"]) == {"COVID", "NORMAL", "PNEUMONIA"}  # type: ignore[index]
    assert (tmp_path / "rows.csv").read_text().splitlines()[0] == (
        "path,label,patient,p_COVID,p_NORMAL,p_PNEUMONIA,likeliest,right,band"
    )
    answer(capsys, "publish", three, "--out", tmp_path / "bundle")
    bundle = Bundle.open(tmp_path / "bundle")
    assert (bundle.classes, bundle.output.kind) == (("COVID", "NORMAL", "PNEUMONIA"), "softmax")
    arrays = np.random.default_rng(0).integers(0, 255, (5, 32, 32, 1), np.uint8)
    served = open_scorer(tmp_path / "bundle").probabilities(arrays)
    assert served == pytest.approx(open_scorer(three).probabilities(arrays), abs=1e-5)
    assert served.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
