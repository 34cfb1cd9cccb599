"""JPEG and PNG: every kind gives the picture a person would see, and nothing is half read."""

from __future__ import annotations

import io
import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image, ImageFile

from inference.errors import RadiographError
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

TURNED_BACK = {
    1: lambda picture: picture,
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: picture.T,
    6: lambda picture: picture.T[::-1],
    7: lambda picture: picture[::-1, ::-1].T,
    8: lambda picture: picture.T[:, ::-1],
}
"""How a camera held so stores the upright picture (EXIF 2.32, tag 0x0112)."""


def code_of(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return caught.value.code


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def of_mode(mode: str) -> Image.Image:
    return Image.fromarray(made.torso()).convert(mode)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_reads_as_its_luminance_and_is_never_inverted(mode):
    found = read_radiograph(made.jpeg(of_mode(mode)))
    assert found.displayed() is found.values
    assert abs(float(found.values.mean()) - float(made.torso().mean())) < 2
    assert np.abs(found.values.astype(int) - made.torso()).max() < 25


def test_printing_colours_that_could_be_either_way_round_are_refused():
    data = made.jpeg(of_mode("CMYK"))
    start = data.index(b"\xff\xee")
    without = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]
    assert code_of(without) == "cmyk_without_adobe"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("depth", [8, 16])
def test_exif_orientation_is_applied_once(orientation, depth):
    stored = np.ascontiguousarray(TURNED_BACK[orientation](made.torso(depth)))
    found = read_radiograph(made.png(stored, exif=oriented(orientation)))
    assert np.array_equal(found.values, made.torso(depth))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_a_jpeg(orientation):
    stored = np.ascontiguousarray(TURNED_BACK[orientation](made.torso()))
    found = read_radiograph(made.jpeg(stored, exif=oriented(orientation)))
    assert found.values.shape == made.TORSO
    assert np.abs(found.values.astype(int) - made.torso()).mean() < 2


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGB", "RGBA"])
def test_every_kind_of_png_is_equal_to_its_grey_twin(mode):
    found = read_radiograph(made.png(of_mode(mode)))
    twin = np.asarray(of_mode(mode).convert("L")).astype(int)
    assert np.abs(found.values.astype(int) - twin).max() <= 1
    assert found.colourfulness == 0


def test_what_is_transparent_is_black():
    grey = made.torso()
    half = np.where(np.arange(grey.shape[1]) < 70, 0, 255).astype(np.uint8) + np.zeros_like(grey)
    expected = np.where(half, grey, 0)
    for channels in (1, 3):
        found = read_radiograph(made.png(np.dstack([grey] * channels + [half])))
        assert np.array_equal(found.values, expected)
    wide = read_radiograph(made.png(np.dstack([made.torso(16), half.astype(np.uint16) * 257])))
    assert np.array_equal(wide.values, np.where(half, made.torso(16), 0))


def test_sixteen_bits_keep_their_values_and_do_not_turn_white():
    ramp = np.linspace(0, 65535, 300 * 300).reshape(300, 300).astype(np.uint16)
    for data in (made.png(ramp), made.png(np.dstack([ramp] * 3))):
        found = read_radiograph(data)
        assert np.array_equal(found.values, ramp)
        assert found.bits == 16
        assert len(np.unique(found.displayed())) >= 200
        assert (found.displayed() == 255).mean() <= 0.01


def test_twelve_bits_in_a_sixteen_bit_png_are_seen():
    found = read_radiograph(made.png(made.torso(12)))
    assert found.displayed().std() > 40


def test_colour_is_told():
    red = np.zeros((*made.TORSO, 3), np.uint8)
    red[..., 0] = 200
    assert read_radiograph(made.png(red)).colourfulness == 200
    assert read_radiograph(made.png(red.astype(np.uint16) * 257)).colourfulness == pytest.approx(200, abs=0.01)


def test_a_tiny_picture_is_read():
    assert read_radiograph(made.png(made.torso(8, (50, 50)))).values.shape == (50, 50)
    assert read_radiograph(made.png(np.zeros((1, 1), np.uint8))).values.shape == (1, 1)


@pytest.mark.parametrize("encode", [made.jpeg, made.png])
def test_a_file_cut_anywhere_is_refused(encode):
    data = encode(made.torso())
    codes = [code_of(data[: len(data) * cut // 100]) for cut in range(100)]
    assert set(codes) <= {"empty_file", "unknown_format", "truncated_file", "damaged_file"}
    assert codes.count("truncated_file") > 90
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_jpeg_cut_short_and_closed_again_is_refused():
    data = made.jpeg(made.torso(8, (400, 400)))
    assert code_of(data[: len(data) // 2] + b"\xff\xd9") == "truncated_file"


def test_a_flipped_byte_in_a_png_is_refused():
    data = bytearray(made.png(made.torso()))
    data[len(data) // 2] ^= 0xFF
    assert code_of(bytes(data)) == "damaged_file"


@pytest.mark.parametrize("size", [(65535, 1), (1, 65535), (30000, 30000), (7000, 7000), (20001, 100)])
def test_too_many_pixels_are_refused_by_the_header(size):
    import zlib

    bomb = made.png_header(*size, data=zlib.compress(bytes(1000)))
    picture = made.jpeg(np.zeros((8, 8), np.uint8))
    place = picture.index(b"\xff\xc0") + 5
    lying = picture[:place] + size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big") + picture[place + 4 :]

    began = time.perf_counter()
    tracemalloc.start()
    assert code_of(bomb) == "too_many_pixels"
    assert code_of(lying) == "too_many_pixels"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert time.perf_counter() - began < 1
    assert peak < 10_000_000


def test_more_than_one_picture_is_refused():
    frames = [Image.fromarray(made.torso()), Image.fromarray(made.torso()[::-1])]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert code_of(out.getvalue()) == "multi_frame"
    out = io.BytesIO()
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    assert code_of(out.getvalue()) == "multi_frame"


def test_a_lossless_or_arithmetic_jpeg_is_refused_by_name():
    import imagecodecs

    assert code_of(imagecodecs.ljpeg_encode(made.torso())) == "unsupported_jpeg"
    assert code_of(imagecodecs.jpeg8_encode(made.torso(12), bitspersample=12)) == "unsupported_jpeg"


def test_a_jpeg_with_a_web_page_in_it_reads_as_the_picture():
    data = made.jpeg(made.torso(), comment=b"<script>alert(1)</script>") + b"<html><script>alert(1)</script>"
    assert np.array_equal(read_radiograph(data).values, read_radiograph(made.jpeg(made.torso())).values)


def test_rubbish_in_the_exif_block_does_not_stop_the_reading():
    looping = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"
    began = time.perf_counter()
    assert read_radiograph(made.jpeg(made.torso(), exif=looping)).values.shape == made.TORSO
    assert time.perf_counter() - began < 5


def test_mutants_end_as_a_picture_or_a_refusal():
    rng = np.random.default_rng(7)
    for data in (made.jpeg(made.torso()), made.png(made.torso()), made.png(made.torso(16))):
        for _ in range(150):
            mutant = bytearray(data)
            for place in rng.integers(0, len(data), rng.integers(1, 6)):
                mutant[place] = rng.integers(0, 256)
            try:
                found = read_radiograph(bytes(mutant))
            except RadiographError:
                continue
            assert found.displayed().dtype == np.uint8
