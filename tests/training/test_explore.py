"""What is planted in a data set is found, named and said; a clean one is left in peace."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.inference.pictures import dicom
from tests.training.test_leaks import jpeg, thorax
from tests.training.test_report import check_self_contained
from training.__main__ import main
from training.data import find_images, split_by_patient
from training.explore.look import STATISTICS, edge_brightness, jpeg_quality, look_at, sharpness
from training.explore.parts import find_parts
from training.explore.shortcuts import margin, together, told_by

SPLITS = {"train": 0, "val": 50}
CLASSES = {"NORMAL": 0, "PNEUMONIA": 100}


def draw(folder: Path, brighter: int = 0, each: int = 12) -> Path:
    """Drawn thoraces of as many patients in train and val; those of PNEUMONIA are brighter."""
    for split, start in SPLITS.items():
        for label, first in CLASSES.items():
            (folder / split / label).mkdir(parents=True)
            for number in range(start + first, start + first + each):
                image = thorax(number).point(lambda value, up=brighter * (first > 0): min(255, value + up))
                (folder / split / label / f"person{number}_a_1.jpeg").write_bytes(jpeg(image))
    return folder


def explored(folder: Path, out: Path, *more: object) -> dict[str, Any]:
    """explore.json."""
    assert main(["explore", str(folder), "--out", str(out), "--json", *map(str, more)]) == 0
    facts: dict[str, Any] = json.loads((out / "explore.json").read_text())
    return facts


def said(found: Mapping[str, Any], kind: str) -> str:
    """The sentences of one kind."""
    return "\n".join(of["text"] for of in found["findings"] if of["kind"] == kind)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of everything, explored."""
    folder = draw(tmp_path_factory.mktemp("planted") / "set", brighter=30)
    train, val = folder / "train", folder / "val"
    (val / "NORMAL" / "person950_a_1.jpeg").write_bytes((train / "NORMAL" / "person0_a_1.jpeg").read_bytes())
    (train / "NORMAL" / "person951_a_1.jpeg").write_bytes(jpeg(thorax(2).resize((120, 130)), 70))
    (train / "PNEUMONIA" / "person960_a_1.jpeg").write_bytes(jpeg(thorax(1), 60))
    (val / "NORMAL" / "person3_a_9.jpeg").write_bytes(jpeg(thorax(953)))
    (train / "NORMAL" / "person970_a_1.jpeg").write_bytes(jpeg(thorax(970))[:900])
    (train / "NORMAL" / "notes.txt").write_text("of the ward")
    explored(folder, folder.parent / "out")
    return folder


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("across", "1 picture stands in several splits"),
        ("across", "train/NORMAL/person0_a_1.jpeg = val/NORMAL/person950_a_1.jpeg (same bytes)"),
        ("copies", "NORMAL/person2_a_1.jpeg = NORMAL/person951_a_1.jpeg (nearly the same)"),
        ("contradicting", "1 picture stands in several classes"),
        ("contradicting", "NORMAL/person1_a_1.jpeg = PNEUMONIA/person960_a_1.jpeg (nearly the same)"),
        ("patient_in_several_parts", "1 patient has images in several splits: person3 (train, val)."),
        (
            "unreadable",
            "1 file can't be read, which stops training: NORMAL/person970_a_1.jpeg (The file ends too early",
        ),
        ("shortcut", "train: PNEUMONIA is told from NORMAL by each of these alone: "),
        ("shortcut", "mean brightness (higher, AUC 0.9"),
        ("not_read", "1 file among the images is of no kind that is read: NORMAL/notes.txt."),
    ],
)
def test_what_is_planted_is_found_and_named(planted: Path, kind: str, words: str) -> None:
    assert words in said(json.loads((planted.parent / "out" / "explore.json").read_text()), kind)


def test_the_page_shows_it_and_needs_nothing_else(planted: Path) -> None:
    text = (planted.parent / "out" / "explore.html").read_text()
    check_self_contained(text)
    for words in (
        "person970_a_1.jpeg",
        "labels contradict",
        "⚠\N{NO-BREAK SPACE}shortcut",
        "mean picture of each class",
        "notes.txt",
    ):
        assert words in text


def test_people_get_the_findings_in_a_few_lines(planted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = planted.parent / "limited"
    assert main(["explore", str(planted), "--split", "val", "--limit", "6", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("val: ")
    assert lines[-1].endswith("explore.html")
    assert sum(json.loads((out / "explore.json").read_text())["parts"]["val"]["images"].values()) == 6


def test_nothing_stands_out_in_a_clean_set(tmp_path: Path) -> None:
    found = explored(draw(tmp_path / "set"), tmp_path / "out")
    assert {of["kind"] for of in found["findings"]} == {"few"}
    assert found["copies"] == {"groups": [], "near_pairs": 0, "by_nature": False}


def test_another_population_stands_beside_the_first(tmp_path: Path) -> None:
    draw(tmp_path / "here", each=10)
    for label, first in (("normal", 400), ("PNEUMONIA", 500)):
        (tmp_path / "there" / label).mkdir(parents=True)
        for number in range(first, first + 10):
            darker = thorax(number).point(lambda value: value // 2)
            (tmp_path / "there" / label / f"{number}.png").write_bytes(png(darker))
    (tmp_path / "there" / "normal" / "copy.png").write_bytes(png(thorax(3)))
    found = explored(tmp_path / "here", tmp_path / "out", "--outside", tmp_path / "there")
    assert found["classes"] == ["NORMAL", "PNEUMONIA"]
    assert "train/NORMAL/person3_a_1.jpeg = there/normal/copy.png (nearly the same)" in said(found, "not_outside")
    assert "there looks different from train within a class: " in said(found, "shift")
    assert "mean brightness (PNEUMONIA: lower, AUC 1.00)" in said(found, "shift")
    assert "there: for all 21 images nothing says whose they are" in said(found, "unknown_patients")


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_column_that_tells_the_classes_is_a_shortcut(tmp_path: Path) -> None:
    draw(tmp_path)
    rows = [
        {"path": path.relative_to(tmp_path).as_posix(), "label": path.parent.name, "ward": "A" if number % 2 else "B"}
        for number, path in enumerate(sorted((tmp_path / "train").rglob("*.jpeg")))
    ]
    for row in rows:
        row["scanner"] = "old" if row["label"] == "NORMAL" else "new"
    with (tmp_path / "list.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = explored(tmp_path / "list.csv", tmp_path / "out")
    assert "by each of these alone: the column scanner (AUC 1.00)." in said(found, "shortcut")
    assert ["list.csv", "NORMAL", "old", 12] in found["columns"]["scanner"]
    assert found["shortcuts"][0]["columns"]["ward"] == {}  # as often in both


def test_dicom_files_of_three_classes_are_read_with_their_headers(tmp_path: Path) -> None:
    for number in range(12):
        label = f"class {number % 3}"
        (tmp_path / "set" / label).mkdir(parents=True, exist_ok=True)
        pixels = np.asarray(thorax(number)).astype(np.uint16) * 16
        data = dicom(pixels, BitsStored=12, HighBit=11, PatientID=f"p{number // 2}", Manufacturer="Acme")
        (tmp_path / "set" / label / f"{number}.dcm").write_bytes(data)
    found = explored(tmp_path / "set", tmp_path / "out")
    assert ["set", "class 0", "DICOM, 12 bits, MONOCHROME2", 4] in found["forms"]
    assert ["set", "class 2", "Acme", 4] in found["columns"]["Manufacturer"]
    assert list(found["patients"]["in_several_classes"]) == [f"p{number}" for number in range(6)]
    assert set(found["shortcuts"][0]["together"]) == {"class 0", "class 1", "class 2"}
    assert "PatientID" not in found["columns"]


def test_pictures_alike_by_nature_are_not_called_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(60):
        folder = tmp_path / "set" / ("a" if number % 2 else "b")
        folder.mkdir(parents=True, exist_ok=True)
        grid = np.asarray(thorax(1)).astype(float) + rng.normal(0, 2, (200, 180))
        Image.fromarray(np.clip(grid, 0, 255).astype(np.uint8)).save(folder / f"{number}.png")
    (tmp_path / "set" / "a" / "same.png").write_bytes((tmp_path / "set" / "a" / "1.png").read_bytes())
    found = explored(tmp_path / "set", tmp_path / "out")
    assert found["copies"]["by_nature"]
    assert [of["why"] for of in found["copies"]["groups"]] == ["same bytes"]
    assert "too many for copies" in said(found, "alike")


def test_a_single_class_and_small_pictures_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "set" / "only").mkdir(parents=True)
    for number in range(3):
        pixels = np.full((20, 30), 40 * number, np.uint8)
        Image.fromarray(pixels).save(tmp_path / "set" / "only" / f"{number}.png")
    found = explored(tmp_path / "set", tmp_path / "out")
    assert found["shortcuts"] == []
    assert found["copies"]["groups"] == []


def test_a_set_of_broken_files_still_has_a_page(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "set" / label).mkdir(parents=True)
        (tmp_path / "set" / label / "1.jpeg").write_bytes(b"no picture")
    found = explored(tmp_path / "set", tmp_path / "out")
    assert "2 files can't be read, which stops training: a/1.jpeg (" in said(found, "unreadable")
    assert "a/1.jpeg = b/1.jpeg (same bytes)" in said(found, "contradicting")


@pytest.mark.parametrize("quality", [30, 60, 75, 92])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(quality: int) -> None:
    assert jpeg_quality(jpeg(thorax(1), quality)) == quality
    assert np.isnan(jpeg_quality(png(thorax(1))))


def test_the_numbers_of_a_picture_are_what_they_say(tmp_path: Path) -> None:
    pixels = np.full((100, 200), 100, np.uint8)
    pixels[:5], pixels[-5:], pixels[:, :10], pixels[:, -10:] = 0, 0, 0, 0
    Image.fromarray(pixels).save(tmp_path / "framed.png")
    look = look_at(tmp_path / "framed.png")
    assert not isinstance(look, str)
    values = dict(zip(STATISTICS, look.values.tolist(), strict=True))
    assert (values["width"], values["height"], values["aspect"], values["edge"]) == (200, 100, 2, 0)
    assert values["brightness"] == pytest.approx(81)
    assert values["black"] == pytest.approx(0.19)
    assert np.isnan(values["jpeg_quality"])
    assert edge_brightness(np.full((10, 10), 7, np.uint8)) == 7
    blurred = np.asarray(thorax(1).resize((22, 25)).resize((180, 200)))
    assert (
        sharpness(np.asarray(thorax(1)), 40.0) > sharpness(blurred, 40.0) > sharpness(np.full((9, 9), 5, np.uint8), 0)
    )


def test_a_number_is_told_by_its_auc_in_either_direction() -> None:
    truth = np.array([True] * 30 + [False] * 30)
    values = np.where(truth, 0.0, 1.0)
    values[0] = np.nan
    assert told_by(truth, values) == {"auc": 1.0, "higher": False, "low": 1.0}
    assert told_by(truth, np.ones(60)) is None
    assert margin(0.9, 50, 50) == pytest.approx(0.03212, abs=1e-5)  # by the formula, by hand


def test_numbers_together_are_judged_where_they_were_not_fitted() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(400) < 0.5
    noise = rng.normal(size=(400, len(STATISTICS)))
    assert abs((together(truth, noise) or 0) - 0.5) < 0.1
    told = together(truth, noise + truth[:, np.newaxis] * 0.5)
    assert told is not None
    assert told > max(found["auc"] for column in noise.T if (found := told_by(truth, column + truth * 0.5)))
    assert together(truth[:8], noise[:8]) is None


def test_every_split_is_a_part(tmp_path: Path) -> None:
    assert [part.name for part in find_parts(draw(tmp_path / "set", each=2))] == ["train", "val"]
    assert [part.name for part in find_parts(tmp_path / "set" / "train")] == ["train"]
    assert [part.name for part in find_parts(tmp_path / "set", outside=True)] == ["set train", "set val"]


def test_fit_stops_at_a_copy_saved_anew_and_keeps_equal_bytes_on_one_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = draw(tmp_path / "set") / "train"
    (train / "NORMAL" / "person950_a_1.jpeg").write_bytes((train / "NORMAL" / "person0_a_1.jpeg").read_bytes())
    (train / "NORMAL" / "person951_a_1.jpeg").write_bytes(jpeg(thorax(2), 60))
    data = find_images(train)
    names = [image.name for image in data.images]
    twins, copies = ([names.index(f"NORMAL/person{n}_a_1.jpeg") for n in pair] for pair in ((0, 950), (2, 951)))
    splits = {seed: split_by_patient(data, 0.12, seed).train for seed in range(40)}
    assert all(len(set(twins) & set(train.tolist())) != 1 for train in splits.values())
    seed = next(seed for seed, train in splits.items() if len(set(copies) & set(train.tolist())) == 1)
    command = ["fit", "cnn160", str(train), "--out", str(tmp_path / "run"), "--seed", str(seed)]
    assert main([*command, "--set", "epochs=1", "--set", "validation_share=0.12"]) == 1
    error = capsys.readouterr().err
    assert "nearly the same: " in error
    assert "NORMAL/person951_a_1.jpeg" in error
    assert "Remove one of each pair" in error
