"""A leak planted on purpose is found every time; chest-like pictures of different patients are none."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from training.cache import read_arrays
from training.data import DataSet, find_images
from training.errors import WorkshopError
from training.leaks import SHOWN, Side, check_leaks, find_leaks
from training.progress import Progress

PREPROCESSING = Preprocessing(96, 96)
REAL_DATA = Path(__file__).resolve().parents[3] / "shared/data"


def thorax(seed: int) -> Image.Image:
    """Two dark lungs with ribs on a bright body: alike in everything large, different in what is small."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:200j, -1:1:180j]
    lungs = np.minimum(np.hypot((x + 0.45) / 0.3, y / 0.6), np.hypot((x - 0.45) / 0.3, y / 0.6)) < 1
    ribs = 25 * np.sin(y * draw.uniform(20, 30) + draw.uniform(0, 6) + x * draw.uniform(-3, 3))
    grain = np.asarray(Image.fromarray(draw.normal(0, 30, (25, 22)).astype(np.float32)).resize((180, 200)))
    return Image.fromarray(np.clip(170 - 90 * lungs + ribs + grain, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 92) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thoraces")
    for label, first in (("NORMAL", 0), ("PNEUMONIA", 100)):
        (folder / label).mkdir()
        for number in range(first, first + 12):
            (folder / label / f"person{number}_a_1.jpeg").write_bytes(jpeg(thorax(number)))
    return folder


def side(folder: Path) -> Side:
    data = find_images(folder)
    return Side.whole(data, np.stack([PREPROCESSING(read_radiograph(i.path.read_bytes())) for i in data.images]))


def other_set(folder: Path, name: str, data: bytes) -> Side:
    """A second set of other patients, with one planted file."""
    for label in ("NORMAL", "PNEUMONIA"):
        (folder / label).mkdir()
        (folder / label / "person900_a_1.jpeg").write_bytes(jpeg(thorax(900 + len(label))))
    (folder / "NORMAL" / name).write_bytes(data)
    return side(folder)


def test_different_patients_are_no_leak(images: Path, tmp_path: Path) -> None:
    assert find_leaks(side(images), other_set(tmp_path, "person901_a_1.jpeg", jpeg(thorax(901)))) == []


@pytest.mark.parametrize("number", [0, 5, 103])
@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("copy", "same bytes"),
        ("saved as PNG", "same pixels"),
        ("saved anew", "nearly the same"),
        ("smaller", "nearly the same"),
        ("brighter", "nearly the same"),
    ],
)
def test_a_planted_copy_is_found(images: Path, tmp_path: Path, number: int, kind: str, why: str) -> None:
    label = "NORMAL" if number < 100 else "PNEUMONIA"
    source = images / label / f"person{number}_a_1.jpeg"
    shown = Image.open(source)
    png = io.BytesIO()
    shown.save(png, "PNG")
    planted = {
        "copy": source.read_bytes(),
        "saved as PNG": png.getvalue(),
        "saved anew": jpeg(shown, 60),
        "smaller": jpeg(shown.resize((120, 130))),
        "brighter": jpeg(shown.point(lambda value: min(255, value * 0.8 + 40))),
    }[kind]
    (leak,) = find_leaks(side(images), other_set(tmp_path, "person950_a_1.jpeg", planted))
    assert (leak.why, leak.one, leak.other) == (why, f"{label}/{source.name}", "NORMAL/person950_a_1.jpeg")


def test_a_patient_on_both_sides_is_found(images: Path, tmp_path: Path) -> None:
    (leak,) = find_leaks(side(images), other_set(tmp_path, "person3_b_7.jpeg", jpeg(thorax(950))))
    assert (leak.why, leak.one, leak.other) == ("same patient", "NORMAL/person3_a_1.jpeg", "NORMAL/person3_b_7.jpeg")


def test_a_split_with_a_leak_is_stopped_with_the_list(images: Path) -> None:
    whole = side(images)
    train, validation = np.arange(12), np.arange(12, 24)
    check_leaks(whole.data, whole.arrays, train, validation)
    with pytest.raises(WorkshopError, match=r"(?s)share 12 pairs.*same bytes: NORMAL/person0_a_1.jpeg"):
        check_leaks(whole.data, whole.arrays, train, train)
    with pytest.raises(WorkshopError, match=f"and {24 - SHOWN} more"):
        check_leaks(whole.data, whole.arrays, np.arange(24), np.arange(24))


def test_an_empty_picture_is_like_nothing() -> None:
    data = DataSet((), ())
    flat = np.full((2, 96, 96, 1), 80, np.uint8)
    assert len(list(Side(data, flat, np.arange(2)).blocks())) == 1
    assert (next(Side(data, flat, np.arange(2)).blocks())[1] == 0).all()


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="needs ../shared/data")
def test_the_real_training_part_and_the_real_test_part_share_no_picture(tmp_path: Path) -> None:
    train, test = (find_images(REAL_DATA / "chest_xray", split) for split in ("train", "test_dev"))
    few = train.only(range(0, len(train.images), 10))
    one, other = (Side.whole(d, read_arrays(d, PREPROCESSING, tmp_path, Progress(True))) for d in (few, test))
    assert [leak for leak in find_leaks(one, other) if leak.why != "same patient"] == []
