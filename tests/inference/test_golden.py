"""Training and serving see the same pixels, bit for bit, today and after every change."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inference.prepare import prepare
from inference.preprocessing import Preprocessing
from inference.quality import Scope
from inference.radiograph import read_radiograph
from tests.inference import pictures as made
from tests.inference.golden import HASHES, array_hash, golden_files

STORED = json.loads(HASHES.read_text())


def test_every_format_and_depth_has_a_stored_hash():
    assert set(STORED) == set(golden_files())


@pytest.mark.parametrize("name", sorted(STORED))
def test_the_prepared_array_is_the_one_that_was_stored(name):
    data = golden_files()[name]
    preprocessing = Preprocessing()

    served = prepare(data, {preprocessing.fingerprint: preprocessing}, Scope()).arrays[preprocessing.fingerprint]

    assert served.shape == (160, 160, 1)
    assert served.dtype == np.uint8
    assert array_hash(served) == STORED[name]
    assert np.array_equal(served, preprocessing(read_radiograph(data)))


def test_lossless_wrappers_of_one_picture_give_one_array():
    for bits in (8, 12, 16):
        arrays = {digest for name, digest in STORED.items() if name.startswith("dicom") and name.endswith(f"-{bits}")}
        lossy = {STORED[name] for name in ("dicom-jpeg-baseline-8", "dicom-jpeg-extended-12")}
        assert len(arrays - lossy) == 1


def test_an_eight_bit_picture_is_the_same_as_png_and_as_dicom():
    assert STORED["png-8"] == STORED["dicom-explicit-8"]
    assert STORED["jpeg-8"] == STORED["dicom-jpeg-baseline-8"]


def test_the_pixel_hash_is_the_same_in_every_wrapper():
    picture = made.torso(8)
    wrapped = [
        made.png(picture),
        made.dicom(picture),
        made.dicom(picture, made.RLE),
        made.dicom(picture, made.DEFLATED),
    ]
    assert len({read_radiograph(data).pixel_sha256 for data in wrapped}) == 1
    assert read_radiograph(made.png(picture ^ 1)).pixel_sha256 != read_radiograph(made.png(picture)).pixel_sha256
