"""Splits go by patient, always, and the same data and seed give the same split."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.training.drawn_data import draw_data_set
from training.data import DataSet, Fold, LabelledImage, find_images, limited, patient_of, split_by_patient
from training.errors import WorkshopError

REAL = Path(__file__).parents[3] / "shared" / "data" / "chest_xray"


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("person23_bacteria_100.jpeg", "person23"),
        ("person23_virus_56.jpeg", "person23"),
        ("person2_virus_1_2.jpeg", "person2"),
        ("IM-0115-0001.jpeg", "IM-0115"),
        ("IM-0429-0001-0002.jpeg", "IM-0429"),
        ("NORMAL2-IM-0383-0001.jpeg", "NORMAL2-IM-0383"),
        ("scan.jpeg", "file:scan.jpeg"),
    ],
)
def test_the_patient_is_read_from_the_file_name(name: str, patient: str) -> None:
    assert patient_of(name) == patient


def test_a_pattern_of_the_user_s_own_is_taken(tmp_path: Path) -> None:
    draw_data_set(tmp_path, patients=2, each=1)
    data = find_images(tmp_path, pattern=r"(?:person|IM-0*)(\d+)")
    assert {image.patient for image in data.images} == {"1", "2"}


def test_a_folder_per_class_is_a_data_set(tmp_path: Path) -> None:
    data = find_images(draw_data_set(tmp_path, patients=3, each=2))
    assert data.classes == ("NORMAL", "PNEUMONIA")
    assert len(data.images) == 12
    assert data.images[0].name == "NORMAL/IM-0001-0000.jpeg"
    assert data.labelled("PNEUMONIA").sum() == 6


def test_a_folder_of_splits_asks_which_one(tmp_path: Path) -> None:
    draw_data_set(tmp_path / "train", patients=2)
    draw_data_set(tmp_path / "test", patients=3)
    with pytest.raises(WorkshopError, match=r"\['test', 'train'\]"):
        find_images(tmp_path)
    assert len(find_images(tmp_path, split="test").images) == 12


@pytest.mark.parametrize("files", [[], ["A/one.jpeg"]])
def test_what_is_no_data_set_is_said(tmp_path: Path, files: list[str]) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(WorkshopError, match="one folder per class"):
        find_images(tmp_path)
    with pytest.raises(WorkshopError, match="There is no folder"):
        find_images(tmp_path / "nowhere")


def test_patients_who_share_a_picture_are_one(tmp_path: Path) -> None:
    root = draw_data_set(tmp_path, patients=4, each=1)
    shutil.copy(root / "NORMAL" / "IM-0001-0000.jpeg", root / "NORMAL" / "IM-0002-0001.jpeg")
    shutil.copy(root / "NORMAL" / "IM-0002-0000.jpeg", root / "NORMAL" / "IM-0003-0001.jpeg")
    patients = {image.name: image.patient for image in find_images(root).images if image.label == "NORMAL"}
    assert {patients[f"NORMAL/IM-000{n}-0000.jpeg"] for n in (1, 2, 3)} == {"IM-0001"}
    assert patients["NORMAL/IM-0004-0000.jpeg"] == "IM-0004"


def test_the_fingerprint_changes_with_any_byte(tmp_path: Path) -> None:
    root = draw_data_set(tmp_path, patients=2)
    before = find_images(root).fingerprint
    assert find_images(root).fingerprint == before
    path = root / "NORMAL" / "IM-0001-0000.jpeg"
    path.write_bytes(path.read_bytes() + b"\0")
    assert find_images(root).fingerprint != before


def drawn(pairs: list[tuple[int, bool]]) -> DataSet:
    """A data set without files: (patient, whether positive) per image."""
    images = tuple(
        LabelledImage(Path(f"{i}"), f"{i}", "PNEUMONIA" if sick else "NORMAL", f"p{patient}", f"{i}")
        for i, (patient, sick) in enumerate(pairs)
    )
    return DataSet(images, ("NORMAL", "PNEUMONIA"))


def splittable(data: DataSet) -> bool:
    """Both classes lead at least two patients."""
    first = {image.patient: image.label for image in reversed(data.images)}
    return all(sum(label == name for label in first.values()) >= 2 for name in data.classes)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=4, max_size=120),
    st.floats(0.05, 0.5),
    st.integers(0, 10_000),
)
def test_no_patient_is_on_both_sides_and_no_image_is_lost(
    pairs: list[tuple[int, bool]], share: float, seed: int
) -> None:
    data = drawn(pairs)
    assume(splittable(data))
    split = split_by_patient(data, share, seed)
    again = split_by_patient(data, share, seed)
    train, validation = ({data.images[i].patient for i in side} for side in (split.train, split.validation))
    assert not train & validation
    assert sorted([*split.train, *split.validation]) == list(range(len(pairs)))
    assert len(split.train) > 0
    assert len(split.validation) > 0
    assert (split.train == again.train).all()
    assert (split.validation == again.validation).all()


def test_every_class_gives_its_share_of_patients() -> None:
    data = drawn([(n, n < 20) for n in range(120) for _ in range(3)])
    split = split_by_patient(data, 0.15, seed=3)
    held_out = {data.images[i].patient for i in split.validation}
    assert len(held_out) == 18
    assert len(held_out & {f"p{n}" for n in range(20)}) == 3


def test_another_seed_gives_another_split() -> None:
    data = drawn([(n, n % 2 == 0) for n in range(60)])
    assert list(split_by_patient(data, 0.2, 1).validation) != list(split_by_patient(data, 0.2, 2).validation)


def test_a_class_of_one_patient_cannot_be_split() -> None:
    with pytest.raises(WorkshopError, match="PNEUMONIA has 1 patients: too few"):
        split_by_patient(drawn([(1, False), (2, False), (3, True), (3, True)]), 0.2, 1)


@given(st.integers(1, 70), st.integers(0, 99))
def test_a_limit_takes_whole_patients(count: int, seed: int) -> None:
    data = drawn([(n // 3, n % 2 == 0) for n in range(60)])
    part = limited(data, count, seed)
    assert min(count, 60) <= len(part.images) < count + 3
    for patient in {image.patient for image in part.images}:
        whole = [image for image in data.images if image.patient == patient]
        assert [image for image in part.images if image.patient == patient] == whole


@pytest.mark.skipif(not REAL.is_dir(), reason="the chest X-rays are not there (../shared/data)")
def test_the_real_train_set_is_what_its_description_says() -> None:
    data = find_images(REAL, split="train")
    assert {label: int(data.labelled(label).sum()) for label in data.classes} == {"NORMAL": 1341, "PNEUMONIA": 3875}
    assert not any(image.patient.startswith("file:") for image in data.images)
    split = split_by_patient(data, 0.12, 1)
    assert 0.08 < len(split.validation) / len(data.images) < 0.16
    held_out = data.only(split.validation)
    assert 0.65 < np.mean(held_out.labelled("PNEUMONIA")) < 0.83


def test_the_same_name_in_two_classes_is_two_patients(tmp_path: Path) -> None:
    for number, label in enumerate("AB"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "01.jpeg").write_bytes(bytes([number]))
    assert [image.patient for image in find_images(tmp_path).images] == ["file:A/01.jpeg", "file:B/01.jpeg"]


def test_folds_hold_out_every_patient_once(tmp_path: Path) -> None:
    data = find_images(draw_data_set(tmp_path, patients=7, each=2))
    sides = [split_by_patient(data, 0.1, 3, Fold(number, 3)) for number in (1, 2, 3)]
    assert sorted(np.concatenate([side.validation for side in sides])) == list(range(len(data.images)))
    for side in sides:
        assert not {data.images[i].patient for i in side.train} & {data.images[i].patient for i in side.validation}
        assert {data.images[i].label for i in side.validation} == set(data.classes)
    with pytest.raises(WorkshopError, match="has 7 patients: too few"):
        split_by_patient(data, 0.1, 3, Fold(1, 8))


@pytest.mark.parametrize("text", ["", "3", "0/5", "6/5", "1/1", "a/b"])
def test_a_fold_is_written_like_two_of_five(text: str) -> None:
    assert Fold.read("2/5") == Fold(2, 5)
    with pytest.raises(WorkshopError, match="2/5"):
        Fold.read(text)


def test_images_stand_in_the_order_of_folders_and_names(tmp_path: Path) -> None:
    for label in ("A", "B"):
        for name in ("b-2.png", "b/1.png", "b/x/3.png", "b.png", "B.PNG", "notes.txt", "b 1.png", "gone.png/4.png"):
            path = tmp_path / label / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"{label}{name}".encode())
    (tmp_path / "A" / "dangling.png").symlink_to(tmp_path / "nowhere")
    found = [tmp_path / image.name for image in find_images(tmp_path).images]
    assert found == sorted(p for p in tmp_path.rglob("*") if p.is_file() and p.suffix.lower() == ".png")
    assert len(found) == 14
