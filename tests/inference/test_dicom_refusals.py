"""DICOM files that lie, are cut, are bombs or hold no picture: a name for each, and no other error."""

from __future__ import annotations

import struct
import time

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset

from inference.errors import RadiographError
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

COMPRESSED = [made.JPEG_BASELINE, made.JPEG_LOSSLESS, made.JPEG_LS, made.JPEG_2000, made.HTJ2K, made.RLE]


def code_of(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return caught.value.code


@pytest.mark.parametrize("syntax", [made.EXPLICIT, made.IMPLICIT, made.BIG_ENDIAN, made.DEFLATED, *COMPRESSED])
def test_a_file_cut_anywhere_is_refused(syntax):
    data = made.dicom(made.torso(), syntax)
    codes = {code_of(data[: len(data) * cut // 100]) for cut in range(100)}
    assert codes <= {
        *("empty_file", "unknown_format", "no_transfer_syntax", "truncated_file", "damaged_file", "no_pixels"),
        "incomplete_header",
    }


@pytest.mark.parametrize("syntax", [made.EXPLICIT, *COMPRESSED])
def test_a_header_that_promises_another_size_is_refused(syntax):
    assert code_of(made.dicom(made.torso(), syntax, Rows=161)) in ("contradicting_header", "truncated_file")
    began = time.perf_counter()
    assert code_of(made.dicom(made.torso(), syntax, Rows=60000, Columns=60000)) == "too_many_pixels"
    assert code_of(made.dicom(made.torso(), syntax, Rows=0)) == "damaged_file"
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("syntax", [made.JPEG_BASELINE, made.JPEG_LOSSLESS, made.JPEG_LS, made.JPEG_2000, made.HTJ2K])
def test_a_stream_larger_than_its_header_never_reaches_the_decoder(syntax, monkeypatch):
    for name in ("jpeg8_decode", "jpegsof3_decode", "jpegls_decode", "jpeg2k_decode"):
        monkeypatch.setattr(imagecodecs, name, lambda *_, **__: pytest.fail("decoded"))
    assert code_of(made.dicom(made.torso(), syntax, Columns=100)) == "contradicting_header"


def test_an_rle_bomb_stops_at_the_size_of_the_picture():
    segment = b"\x81\x07" * 3_000_000  # 128 bytes each: 384 MB
    frame = struct.pack("<16I", 1, 64, *[0] * 14) + segment
    began = time.perf_counter()
    assert code_of(made.dicom(made.torso(), made.RLE, frame=frame)) == "damaged_file"
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("directory", [(1, 10**9), (9, 64), (0, 64), (1, 0)])
def test_an_rle_directory_that_lies_is_refused(directory):
    frame = struct.pack("<16I", *directory, *[0] * 14) + b"\x00"
    assert code_of(made.dicom(made.torso(), made.RLE, frame=frame)) in (
        *("contradicting_header", "truncated_file", "damaged_file"),
    )


def test_several_frames_are_refused_never_the_first_one_shown():
    twice = np.concatenate([made.torso(), made.torso()])
    assert code_of(made.dicom(twice, Rows=made.TORSO[0], NumberOfFrames=2)) == "multi_frame"
    assert code_of(made.dicom(made.torso(), made.RLE, NumberOfFrames=2)) == "multi_frame"


def test_files_without_a_picture_are_named():
    assert code_of(made.dicom(None)) == "no_pixels"
    assert code_of(made.dicom(None, Rows=10, Columns=10)) == "truncated_file"
    numbers = np.zeros(made.TORSO, np.float32).tobytes()
    assert code_of(made.dicom(made.torso(), PixelData=None, FloatPixelData=numbers)) == "float_pixels"


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"BitsStored": 17}, "contradicting_header"),
        ({"HighBit": 20}, "contradicting_header"),
        ({"SamplesPerPixel": 3}, "contradicting_header"),
        ({"PhotometricInterpretation": "CMYK"}, "unsupported_photometric"),
        ({"BitsAllocated": 64}, "unsupported_bits"),
        ({"BitsAllocated": None}, "incomplete_header"),
        ({"Rows": None}, "incomplete_header"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, "contradicting_header"),
    ],
)
def test_a_header_that_cannot_be_is_named(tags, code):
    assert code_of(made.dicom(made.torso(16), **tags)) == code


def test_a_value_that_is_no_number_is_refused_without_another_error():
    data = made.dicom(made.torso(), RescaleSlope="1.0", RescaleIntercept="0.0")
    assert code_of(data.replace(b"1.0 ", b"1.A ")) == "damaged_file"


def test_a_broken_name_does_not_cost_the_picture():
    data = made.dicom(made.torso(), SpecificCharacterSet="ISO_IR 192", PatientName="ABCDEF", PatientID="7")
    found = read_radiograph(data.replace(b"ABCDEF", b"\xff\xfe\xfd\xfc\xfb\xfa"))
    assert found.tags["PatientID"] == "7"


def test_a_sequence_a_thousand_deep_ends_with_a_name():
    opened = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closed = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    data = made.dicom(made.torso())
    place = data.index(b"\x08\x00\x16\x00UI", 200)
    began = time.perf_counter()
    for depth in (1000, 5000):
        nested = data[:place] + opened * depth + closed * depth + data[place:]
        try:
            assert read_radiograph(nested).values.shape == made.TORSO
        except RadiographError as error:
            assert error.code == "damaged_file"  # noqa: PT017 either end is right, no other error is
    assert time.perf_counter() - began < 2


def test_huge_private_text_is_skipped():
    dataset = Dataset()
    dataset.add_new(0x00090010, "LO", "SOMEONE")
    data = made.dicom(made.torso())
    place = data.index(b"\x18\x00\x15\x00CS")
    private = b"\x09\x00\x01\x10UT\0\0" + struct.pack("<I", 30_000_000) + b"x" * 30_000_000
    began = time.perf_counter()
    assert "x" * 10 not in str(read_radiograph(data[:place] + private + data[place:]).tags)
    assert time.perf_counter() - began < 2


def test_mutants_end_as_a_picture_or_a_refusal():
    rng = np.random.default_rng(11)
    for syntax in (made.EXPLICIT, made.IMPLICIT, made.DEFLATED, *COMPRESSED):
        data = made.dicom(made.torso(8, (40, 36)), syntax, WindowCenter=100, WindowWidth=100, PatientName="A^B")
        for _ in range(60):
            mutant = bytearray(data)
            for place in rng.integers(128, len(data), rng.integers(1, 6)):
                mutant[place] = rng.integers(0, 256)
            try:
                found = read_radiograph(bytes(mutant))
            except RadiographError:
                continue
            assert found.displayed().shape == found.values.shape
