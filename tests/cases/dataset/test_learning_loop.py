"""From signed cases to a bundle, which is then not judged by the patients that it learned from, whatever the export."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from inference.bundle import Bundle
from tests.cases.dataset.signed import chest, signed
from tests.inference import pictures as made
from training.__main__ import main
from training.data import find_images

pytest.importorskip("keras")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
TINY = ("--set", "epochs=1", "--set", "validation_share=0.4")


def answer(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main([*map(str, arguments)]) == 1
    return capsys.readouterr().err


def export(folder: Path, *more: str) -> Path:
    call_command("export_dataset", str(folder), "--by", "dana", *more, stdout=io.StringIO())
    return folder


def sign_pictures(alice, bob, first: int) -> None:
    """One more picture of each of five healthy patients and of five with pneumonia."""
    for number in range(10):
        verdict, patch = ("pneumonia", 70) if number % 2 else ("normal", 0)
        signed(made.png(chest(first + number, patch)), alice, bob, verdict, patient_id=f"P-{number}")


def listed(folder: Path, name: str, paths: set[str]) -> Path:
    """Another list of the folder, of these pictures alone."""
    with (folder / "dataset.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"] in paths]
    with (folder / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0]])
        writer.writeheader()
        writer.writerows({**row, "split": "all"} for row in rows)
    return folder / name


@pytest.mark.timeout(300)  # its TensorFlow starts from cold
def test_a_bundle_is_not_judged_by_its_own_patients(alice, bob, dana, tmp_path, capsys):
    sign_pictures(alice, bob, 100)
    first = export(tmp_path / "first", "--test-share", "0.4")
    told = json.loads((first / "dataset.json").read_text())
    assert find_images(first, "train").fingerprint == told["fingerprints"]["train"]
    run, bundle = tmp_path / "run", tmp_path / "bundle"
    answer(capsys, "fit", "cells32", first, "--split", "train", "--out", run, *TINY)
    assert answer(capsys, "evaluate", run, first, "--split", "test")["taught_patients"] == 0
    answer(capsys, "publish", run, "--out", bundle)

    split = Bundle.open(bundle).facts["data"]["split"]
    assert (len(split["taught"]["people"]), split["validation"]["patients"]) == (4, 2)
    assert "keyed-" not in json.dumps(split)  # the hashes of hashes alone
    fresh = answer(capsys, "evaluate", bundle, first, "--split", "test")
    assert fresh["taught_patients"] == 0
    assert "even_taught" not in fresh
    assert "learned from 4 of these 6" in refusal(capsys, "evaluate", bundle, first, "--split", "train")

    sign_pictures(alice, bob, 200)  # the same patients come again, and a colleague exports them elsewhere
    again = export(tmp_path / "second")
    old = {image.name for side in ("train", "test") for image in find_images(first, side).images}
    with (again / "dataset.csv").open(newline="") as file:
        new = {row["path"] for row in csv.DictReader(file)} - old
    later = listed(again, "later.csv", new)
    for model in (run, bundle):
        assert "learned from 4 of these 10 patients (0 of 10 files" in refusal(capsys, "evaluate", model, later)
