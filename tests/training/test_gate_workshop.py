"""The gate's workshop on drawn pictures: what it learns from, how it learns, what it leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.gate import KINDS, SIDE, Gate
from tests.inference.pictures import torso
from training.errors import WorkshopError
from training.gate import changes, drawn, network, publish
from training.gate.copies import with_originals_joined, without_copies
from training.gate.families import CUTS, HELD_OUT, all_families, leaning
from training.gate.measure import Row
from training.gate.network import Learner
from training.gate.pictures import STORED, Picture, fold_of, group_of, read_pictures
from training.gate.samples import SHARE, Samples


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Drawn chests and drawn flowers in the folders of the real ones."""
    home = tmp_path_factory.mktemp("data")
    draw = np.random.default_rng(1)
    for number in range(30):
        save(home / "chest_xray/train/NORMAL" / f"IM-{number:04}-0001.jpeg", torso() // 2 + draw.integers(0, 60))
        save(home / "flowers/rose" / f"{number}.jpg", np.asarray(drawn.drawing(draw)))
    for number in range(4):
        save(home / "chest_xray/test_dev/NORMAL" / f"IM-9{number}-0001.jpeg", torso())
    return home


def save(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint8)).save(path)


def a_picture(family: str = "child", group: str = "a", fold: int = 1, seed: int = 0) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (STORED, STORED), dtype=np.uint8)
    return Picture(Path("nowhere"), family, group, fold, pixels)


def test_a_gate_is_made_from_folders_and_opens(data, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "EPOCHS", 3)
    said: list[str] = []

    gate = publish.make_gate(data, tmp_path / "gate", said.append, rounds=0, drawn=150)

    assert said[0] == "64 pictures read"
    families = {row["family"]: row["number"] for row in gate.facts["families"]}
    assert families["children, development set"] == 4
    assert families["chest turned left"] == 4
    assert publish.LOWEST <= gate.facts["threshold"] <= publish.HIGHEST
    assert Gate.open(tmp_path / "gate").weights["layer0"].shape[1] == network.HIDDEN[0]


def test_a_folder_without_chests_makes_none(tmp_path):
    save(tmp_path / "flowers/rose/1.jpg", torso())
    with pytest.raises(WorkshopError, match="chest X-rays"):
        read_pictures(tmp_path)


def test_held_out_patients_and_the_development_set_teach_nothing(data):
    pictures = read_pictures(data)
    part = publish.learners_part(pictures)
    assert {p.fold for p in part} == {1, 2, 3, 4}
    assert "child_dev" not in {p.family for p in part}
    assert not {p.group for p in part} & {p.group for p in pictures if p.fold == HELD_OUT}


@pytest.mark.parametrize(
    ("one", "other", "family"),
    [
        ("person12_bacteria_30", "person12_bacteria_31", "child"),
        ("IM-0115-0001", "IM-0115-0001-0002", "child"),
        ("00001371_001", "00001371_013", "adult"),
        ("C100P61ThinF_IMG_20150918_144104_cell_171", "ParasitizedC100P61ThinF_IMG_2015_cell_83", "cells"),
        ("RG2_JPLY", "RG2_RLE", "other"),
    ],
)
def test_pictures_of_one_patient_or_original_are_one_group(one, other, family):
    assert group_of(Path(f"{one}.x"), family) == group_of(Path(f"{other}.x"), family)


def test_groups_are_spread_over_the_folds():
    folds = [fold_of(f"child person{number}_virus") for number in range(500)]
    assert min(folds.count(fold) for fold in range(5)) > 70


def test_the_same_original_in_two_encodings_is_one_group():
    one, other = a_picture("other", "x", -1, seed=1), a_picture("other", "y", -1, seed=2)
    again = replace(one, group="z", pixels=one.pixels // 2)
    assert [p.group for p in with_originals_joined([one, other, again])] == ["x", "y", "x"]


def test_a_copy_shares_its_originals_fold_and_one_of_the_development_set_is_left_out():
    child, dev = a_picture("child", "a", 3, seed=1), a_picture("child_dev", "b", 2, seed=2)
    copies = [replace(picture, path=Path(f"{picture.group}.copy"), family="covid19", group="c", fold=0,
                      pixels=picture.pixels // 2) for picture in (child, dev)]  # fmt: skip
    alone = replace(a_picture("adult", "d", 4, seed=3), path=Path("alone"))
    child, dev = replace(child, path=Path("child")), replace(dev, path=Path("dev"))
    found = without_copies([child, dev, *copies, alone])
    assert [(p.family, p.group, p.fold) for p in found] == [
        ("child", "a", 3), ("child_dev", "b", 2), ("covid19", "a", 3), ("adult", "d", 4)
    ]  # fmt: skip


def test_every_kind_is_drawn_and_the_same_draw_gives_the_same_picture():
    pictures = [a_picture(family, family, 1, seed) for seed, family in enumerate(("child", "photo", "cells", "other"))]
    samples = Samples(pictures, seed=3)
    assert set(SHARE) == set(KINDS)
    for kind in KINDS:
        first, second = (np.asarray(samples.of_kind(kind, np.random.default_rng(4))) for _ in range(2))
        assert first.shape == (SIDE, SIDE)
        assert (first == second).all()
    assert samples.batch(0, 0, 5)[0].shape == (5, SIDE, SIDE)


def test_turning_four_times_and_inverting_twice_is_nothing():
    chest = Image.fromarray(torso())
    turned = chest
    for _ in range(4):
        turned = changes.turned(turned, "turned_left")
    assert (np.asarray(turned) == torso()).all()
    assert (np.asarray(changes.turned(chest, "turned_left"))[-1, :] == torso()[:, 0]).all()


def test_slopes_are_those_of_the_loss(monkeypatch):
    monkeypatch.setattr(network, "DROPPED", (0.0, 0.0, 0.0))
    monkeypatch.setattr(network, "DECAY", 0.0)
    learner = Learner((4, 5, 3), seed=1)
    inputs, wanted = (
        np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32),
        np.eye(3, dtype=np.float32)[[0, 1, 2] * 2],
    )
    before = learner.learn(inputs, wanted, 0.0)
    slopes: dict[str, np.ndarray] = {}
    monkeypatch.setattr(learner, "_step", lambda found, rate: slopes.update(found))
    learner.learn(inputs, wanted, 0.0)
    learner.weights["layer0"][1, 2] += 1e-2
    after = learner.learn(inputs, wanted, 0.0)
    assert (after - before) / 1e-2 == pytest.approx(slopes["layer0"][1, 2], abs=5e-2)


def test_it_learns_what_can_be_learned():
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(64, 6)).astype(np.float32)
    wanted = np.eye(2, dtype=np.float32)[(inputs[:, 0] > 0).astype(int)]
    learner = Learner((6, 16, 8, 2), seed=1)
    losses = [learner.learn(inputs, wanted, 1e-2) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


def upright_line() -> Image.Image:
    """A white line from the middle to the top, where a head would be."""
    values = np.zeros((STORED, STORED), np.uint8)
    values[10 : STORED // 2, STORED // 2 - 6 : STORED // 2 + 6] = 255
    return Image.fromarray(values)


@pytest.mark.parametrize(("angle", "lies_left"), [(40, True), (-40, False)])
def test_a_tilt_to_the_left_brings_the_head_to_the_left(monkeypatch, angle, lies_left):
    monkeypatch.setattr(changes, "exposed", lambda picture, draw: picture)
    monkeypatch.setattr(changes, "marked", lambda picture, draw: picture)
    monkeypatch.setattr(changes.ImageOps, "mirror", lambda picture: picture)
    draw = np.random.default_rng(3)
    for _ in range(20):
        seen = np.asarray(changes.tilted(upright_line(), angle, draw)).astype(float)
        columns = np.flatnonzero(seen[: SIDE // 3, 4:-4].max(axis=0) > 200) + 4
        assert not len(columns) or bool(columns.mean() < SIDE / 2) == lies_left


def test_parts_show_what_their_names_say():
    chest = Image.fromarray(np.arange(STORED, dtype=np.uint8)[:, np.newaxis].repeat(STORED, axis=1))
    rows = {name: np.asarray(changes.cut(chest, *box))[:, 0] for name, box in CUTS.items()}
    assert rows["upper half"].max() <= STORED // 2 <= rows["lower half"].min() + 1
    assert (rows["lower 60 %"].min() >= STORED * 0.39, rows["middle 50 %"].max() <= STORED * 0.76) == (True, True)


def test_every_family_says_its_fate_and_nothing_in_it_has_taught(data):
    found = {family.name: family for family in all_families(read_pictures(data))}
    assert found["children, development set"].passes
    assert not found["part: lower half"].passes
    assert found["middle 80 %, children"].passes is None
    assert {len(found[f"part: {name}"].images) for name in CUTS} == {4}


def test_tilts_go_to_either_side_and_stay_of_one_size():
    tilted = leaning([upright_line()] * 4, 20)
    assert {picture.size for picture in tilted} == {(STORED, STORED)}
    means = [np.asarray(picture)[: STORED // 2].astype(float).mean(axis=0).argmax() < STORED / 2 for picture in tilted]
    assert means == [True, False, True, False]


def test_the_interval_of_a_share_is_wilsons():
    low, high = Row("a", False, 365, 349, 1.0).interval
    assert (low, high) == pytest.approx((0.9300, 0.9728), abs=5e-4)
