"""One file, read once: the rendition and the thumbnail are ours, small, and carry nothing of the file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from inference.prepare import RENDITION_SIDE, THUMBNAIL_SIDE, prepare
from inference.preprocessing import Preprocessing
from inference.quality import Scope
from inference.radiograph.codestream import bare_jpeg
from tests.inference import pictures as made

NOISE = np.random.default_rng(1).integers(0, 256, (300, 300), np.uint8)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_the_rendition_shows_what_is_displayed():
    prepared = prepare(made.png(made.torso(16)), {}, Scope())
    shown = np.asarray(opened(prepared.rendition)).astype(int)
    assert shown.shape == made.TORSO
    assert np.abs(shown - prepared.radiograph.displayed()).mean() < 4


def test_large_pictures_are_made_smaller_in_shape():
    prepared = prepare(made.png(made.torso(8, (3000, 1500))), {}, Scope())
    assert opened(prepared.rendition).size == (RENDITION_SIDE // 2, RENDITION_SIDE)
    assert opened(prepared.thumbnail).size == (THUMBNAIL_SIDE // 2, THUMBNAIL_SIDE)


def test_nothing_of_the_file_is_in_what_is_served():
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "CANARY", "CANARY"
    data = made.jpeg(made.torso(), exif=exif, comment=b"CANARY <script>") + b"<html>CANARY"
    prepared = prepare(data, {}, Scope())
    for served in (prepared.rendition, prepared.thumbnail):
        assert b"CANARY" not in served
        assert b"<script" not in served
        assert not opened(served).getexif()
        assert opened(served).mode == "L"
    assert b"CANARY" not in prepare(made.dicom(made.torso(), PatientName="CANARY"), {}, Scope()).rendition


@pytest.mark.parametrize("progressive", [False, True])
def test_a_grey_jpeg_is_shown_as_it_came_pixel_by_pixel(progressive):
    data = made.jpeg(made.torso(), quality=85, comment=b"CANARY", progressive=progressive, restart_marker_blocks=4)
    rendition = prepare(data + b"behind the end", {}, Scope()).rendition
    assert np.array_equal(np.asarray(opened(rendition)), np.asarray(opened(data)))
    assert len(rendition) < len(data)
    assert rendition.endswith(b"\xff\xd9")


def _turned(data: bytes) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3
    out = io.BytesIO()
    opened(data).save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_turned(made.jpeg(made.torso())), id="turned"),
        pytest.param(made.jpeg(Image.fromarray(made.torso()).convert("RGB"), quality=85), id="colour"),
        pytest.param(made.jpeg(made.torso(8, (2600, 1400)), quality=60), id="large"),
        pytest.param(
            made.jpeg(np.random.default_rng(1).integers(0, 256, (300, 300), np.uint8), quality=98), id="heavy"
        ),
    ],
)
def test_any_other_jpeg_is_made_anew(data):
    prepared = prepare(data, {}, Scope())
    shown = opened(prepared.rendition)
    assert (shown.mode, prepared.rendition[:4]) == ("L", b"\xff\xd8\xff\xe0")  # with the header that our encoder writes
    assert bare_jpeg(data) != prepared.rendition
    assert max(shown.size) <= RENDITION_SIDE


def test_a_jpeg_with_a_part_that_is_not_known_is_not_passed_on():
    data = made.jpeg(made.torso())
    assert bare_jpeg(data)
    assert bare_jpeg(data[:2] + b"\xff\xdf\x00\x03\x00" + data[2:]) is None  # EXP, of hierarchical JPEG
    assert bare_jpeg(data[:-2]) is None


def test_there_is_one_array_per_preprocessing_whatever_the_verdict():
    small, large = Preprocessing(64, 32), Preprocessing()
    prepared = prepare(made.png(made.torso(8, (50, 50))), {p.fingerprint: p for p in (small, large)}, Scope())
    assert not prepared.verdict.passed
    assert prepared.arrays[small.fingerprint].shape == (64, 32, 1)
    assert prepared.arrays[large.fingerprint].shape == (160, 160, 1)
    assert prepared.arrays[large.fingerprint].dtype == np.uint8
