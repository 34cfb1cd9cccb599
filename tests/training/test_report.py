"""What a run leaves behind: one page that needs nothing else, tables for programs, and pages of comparisons."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from tests.training.drawn_data import draw_data_set
from training import plots
from training.__main__ import main
from training.compare import delong
from training.data import find_images
from training.manifest import Manifest
from training.progress import Progress
from training.report import write_report
from training.report_page import page, table

pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cells32 after two epochs, so that some pictures are wrong."""
    folder = tmp_path_factory.mktemp("report")
    draw_data_set(folder / "train", patients=8)
    draw_data_set(folder / "others", patients=5, first=60, seed=4)
    arguments = ["fit", "cells32", str(folder / "train"), "--out", str(folder / "run"), "--json"]
    assert main([*arguments, "--set", "epochs=2", "--set", "validation_share=0.4"]) == 0
    return folder / "run"


def check_self_contained(text: str) -> None:
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", text)
    assert "<script" not in text
    assert "url(http" not in text
    assert "prefers-color-scheme: dark" in text


def test_a_run_leaves_a_page_and_tables(run: Path) -> None:
    data, manifest = find_images(run.parent / "train"), Manifest.open(run)
    text = write_report(manifest, data, run.parent / "cache", Progress(quiet=True)).read_text()
    check_self_contained(text)
    for words in ("Augmentation", "Wrong pictures", "reliability plot", "ROC curve", "Images per class", "confusion"):
        assert words in text
    assert text.count("<svg") == 11
    rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
    told = json.loads((run / "metrics.json").read_text())["validation"]
    found = {row["figure"]: row["value"] for row in rows if row["set"] == "validation"}
    assert float(found["auc"]) == told["auc"]["value"]
    assert "at_half.sensitivity" in found
    assert [row["epoch"] for row in csv.DictReader((run / "curves.csv").read_text().splitlines())] == ["1", "2"]


def test_tensorboard_gets_every_scalar(run: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from training.report import write_tensorboard

    assert write_tensorboard(Manifest.open(run))
    assert write_tensorboard(Manifest.open(run))  # written anew, not twice
    (file,) = (run / "tensorboard").glob("events.*")
    tags = [value.tag for event in tf.compat.v1.train.summary_iterator(str(file)) for value in event.summary.value]
    assert tags.count("validation_auc") == 2


def test_an_evaluation_and_a_comparison_have_pages(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = str(run.parent / "others")
    command = ["evaluate", str(run), others, "--outside", others, "--report", str(tmp_path / "evaluation.html")]
    assert main(command) == 0
    text = (tmp_path / "evaluation.html").read_text()
    check_self_contained(text)
    assert 'class="fall"' in text
    assert main(["compare", str(run), str(run), others, "--report", str(tmp_path / "pair.html")]) == 0
    check_self_contained((tmp_path / "pair.html").read_text())
    assert "DeLong p = 1" in capsys.readouterr().out


def test_plots_are_drawn_in_the_page_s_own_colour() -> None:
    text = plots.curves([{"epoch": 1, "rate": 0.1}, {"epoch": 2, "rate": 0.01}], ["rate"], "Learning rate")
    assert ET.fromstring(text).tag.endswith("svg")
    assert "currentColor" in text
    assert plots.INK not in text


def test_what_stands_in_a_name_is_no_markup() -> None:
    text = page("<b>", "a & b", [("<i>", table(["<th>"], [["<script>"]]))])
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<h1>&lt;b&gt;</h1>" in text


def test_delong_s_variance_is_that_of_many_drawn_sets() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([True] * 60 + [False] * 80)
    zs = []
    for _ in range(300):
        base = rng.normal(size=140) + truth
        zs.append(delong(truth, base + rng.normal(size=140), base + rng.normal(size=140))["z"])
    assert np.std(zs) == pytest.approx(1, abs=0.12)
    assert np.mean(zs) == pytest.approx(0, abs=0.15)
    assert delong(truth, base, base) == {"z": 0.0, "p": 1.0}
    assert delong(truth, rng.normal(size=140), truth + 0.0)["p"] < 1e-4
