"""One file, read once: the rendition and the thumbnail are ours, small, and carry nothing of the file."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from inference.prepare import RENDITION_SIDE, THUMBNAIL_SIDE, prepare
from inference.preprocessing import Preprocessing
from inference.quality import Scope
from tests.inference import pictures as made


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


def test_there_is_one_array_per_preprocessing_whatever_the_verdict():
    small, large = Preprocessing(64, 32), Preprocessing()
    prepared = prepare(made.png(made.torso(8, (50, 50))), {p.fingerprint: p for p in (small, large)}, Scope())
    assert not prepared.verdict.passed
    assert prepared.arrays[small.fingerprint].shape == (64, 32, 1)
    assert prepared.arrays[large.fingerprint].shape == (160, 160, 1)
    assert prepared.arrays[large.fingerprint].dtype == np.uint8
