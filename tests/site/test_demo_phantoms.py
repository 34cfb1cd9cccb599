"""The drawn pictures of the demo: chest-like, labelled, the same every time, nobody's."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from cases.intake import phantoms
from inference.radiograph import read_radiograph


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> list[Path]:
    return phantoms.draw_phantoms(tmp_path_factory.mktemp("phantoms"))


def of(paths: list[Path], ending: str) -> list[Path]:
    return [path for path in paths if path.suffix == ending]


def test_there_are_a_few_of_each_format(drawn):
    assert 6 <= len(drawn) <= 8
    assert of(drawn, ".jpg")
    assert {Image.open(io.BytesIO(path.read_bytes())).mode for path in of(drawn, ".png")} == {"I;16"}
    kinds = {str(pydicom.dcmread(path).PhotometricInterpretation) for path in of(drawn, ".dcm")}
    assert kinds == {"MONOCHROME1", "MONOCHROME2"}


def test_drawing_again_gives_the_same_bytes(drawn, tmp_path):
    phantom = phantoms.PHANTOMS[-1]
    phantoms.save(phantom, tmp_path / phantom.name)
    assert (tmp_path / phantom.name).read_bytes() == drawn[-1].read_bytes()


def test_no_two_are_alike(drawn):
    pixels = {read_radiograph(path.read_bytes()).pixel_sha256 for path in drawn}
    assert len(pixels) == len(drawn)


def test_lungs_are_dark_and_the_spine_is_bright_in_every_format(drawn):
    for path in drawn:
        shown = read_radiograph(path.read_bytes()).displayed().astype(float)
        height, width = shown.shape
        spine = shown[int(0.5 * height), int(0.5 * width)]
        air = shown[int(0.9 * height), int(0.01 * width)]
        lung = np.median(shown[int(0.3 * height) : int(0.5 * height), int(0.18 * width) : int(0.3 * width)])
        assert air < lung < spine, path.name


def test_each_says_phantom_in_the_picture(drawn):
    without = phantoms.write_word(np.zeros((phantoms.HEIGHT, phantoms.WIDTH), dtype=np.float32))
    ink = without > 0.9
    assert 0.003 < ink.mean() < 0.05
    for path in drawn:
        shown = read_radiograph(path.read_bytes()).displayed()
        assert shown[ink].mean() > 225, path.name


def test_the_patients_in_the_headers_are_obviously_nobody(drawn):
    for path in of(drawn, ".dcm"):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        assert str(header.PatientName) == "PHANTOM^DEMO"
        assert header.PatientID.startswith("PHANTOM-")
        assert "not a patient" in header.StudyDescription


def test_a_study_of_its_own_for_each_dicom_file(drawn):
    studies = {str(pydicom.dcmread(path).StudyInstanceUID) for path in of(drawn, ".dcm")}
    assert len(studies) == len(of(drawn, ".dcm"))


def test_drawing_needs_no_django():
    code = "import sys, cases.intake.phantoms; sys.exit('django.db' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
