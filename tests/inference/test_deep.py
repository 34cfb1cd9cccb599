"""The picture at its full depth: every value comes back, and black and white are where the rendition has them."""

from __future__ import annotations

import numpy as np
import pytest

from inference.deep import deep_picture, ends_of, numbers_in, whole_numbers
from inference.prepare import prepare
from inference.quality import Scope
from inference.radiograph import read_radiograph
from inference.radiograph.types import Radiograph
from tests.inference import pictures as made


def radiograph_of(values: np.ndarray, bits: int = 16, **more: object) -> Radiograph:
    return Radiograph(values, bits, "DICOM", np.zeros(values.shape, np.uint8), **more)  # type: ignore[arg-type]


FILES = {
    "png of 16 bits": made.png(made.torso(16)),
    "dicom of 12 bits": made.dicom(made.torso(12), WindowCenter=1800, WindowWidth=2600),
    "dicom with two windows": made.dicom(made.torso(12), WindowCenter=[1800, 900], WindowWidth=[2600, 1200]),
    "shifted below zero": made.dicom(made.torso(12), RescaleIntercept=-1024, RescaleSlope=1),
    "turned": made.dicom(made.torso(12), PhotometricInterpretation="MONOCHROME1"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_value_comes_back(name):
    radiograph = read_radiograph(FILES[name])
    said, numbers = numbers_in(deep_picture(radiograph))
    assert (said["height"], said["width"]) == radiograph.values.shape
    assert said["top"] == numbers.max()
    np.testing.assert_array_equal(said["low"] + said["step"] * numbers.astype(np.int64), radiograph.values)
    assert said["windows"] == [list(window) for window in radiograph.windows]


def test_noise_over_the_whole_range_comes_back():
    values = np.random.default_rng(5).integers(0, 65536, (33, 47)).astype(np.uint16)
    values[0, 0], values[0, 1] = 0, 65535
    np.testing.assert_array_equal(numbers_in(deep_picture(radiograph_of(values)))[1], values)


@pytest.mark.parametrize("name", FILES)
def test_black_and_white_are_the_renditions(name):
    radiograph = read_radiograph(FILES[name])
    black, white = ends_of(radiograph)
    again = np.clip((radiograph.values.astype(float) - black) / (white - black) * 255, 0, 255)
    assert np.abs(again - radiograph.displayed()).max() <= 1.01


def test_fractions_become_the_nearest_of_65536_numbers():
    values = np.linspace(-3.5, 12.25, 600, dtype=np.float32).reshape(20, 30)
    numbers, low, step = whole_numbers(values)
    assert (numbers.min(), numbers.max()) == (0, 65535)
    assert np.abs(low + step * numbers - values).max() <= step


@pytest.mark.parametrize("value", [0, 700])
def test_a_flat_picture_has_a_width(value):
    said, numbers = numbers_in(deep_picture(radiograph_of(np.full((8, 9), value, np.uint16))))
    assert said["white"] > said["black"]
    assert not numbers.any()


def test_eight_bits_have_none_and_more_have_one():
    files = {"jpeg": made.jpeg(made.torso()), "8": made.png(made.torso(8)), "16": made.png(made.torso(16))}
    found = {name: prepare(data, {}, Scope(), for_workstation=True).deep for name, data in files.items()}
    assert (found["jpeg"], found["8"]) == (None, None)
    assert found["16"] is not None
    assert prepare(files["16"], {}, Scope()).deep is None


def test_nothing_of_the_header_is_in_it():
    file = made.dicom(made.torso(12), PatientName="CANARY", PatientID="CANARY")
    deep = prepare(file, {}, Scope(), for_workstation=True).deep
    assert b"CANARY" not in deep


def test_a_damaged_file_is_told():
    data = deep_picture(radiograph_of(made.torso(16)))
    with pytest.raises(ValueError, match="damaged"):
        numbers_in(data[:-40])
