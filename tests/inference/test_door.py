"""The door decides by the first bytes, refuses by name, and never opens anything."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.door import HEAD_BYTES, MAX_FILE_BYTES, TRANSFER_SYNTAXES, Door, look
from inference.errors import UnsupportedImage
from tests.inference import pictures as made

OTHER_FILES = {
    "gif": made.saved_as(made.torso(), "GIF"),
    "tiff": made.saved_as(made.torso(), "TIFF"),
    "webp": made.saved_as(made.torso(), "WEBP"),
    "bmp": made.saved_as(made.torso(), "BMP"),
    "pdf": made.saved_as(made.torso(), "PDF"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "html": b"<!doctype html><script>1</script>",
    "zip": b"PK\x03\x04" + bytes(200),
    "psd": b"8BPS" + bytes(200),
    "eps": b"%!PS-Adobe-3.0 EPSF",
    "text": b"hello",
    "one byte": b"\xff",
    "zeros": bytes(5000),
}


def refused(data: bytes, size: int | None = None) -> str:
    with pytest.raises(UnsupportedImage) as caught:
        look(data[:HEAD_BYTES], len(data) if size is None else size)
    return caught.value.code


def test_content_decides():
    assert look(made.jpeg(made.torso()), 10) == Door("JPEG")
    assert look(made.png(made.torso()), 10) == Door("PNG")
    assert look(made.dicom(made.torso(), made.RLE), 10) == Door("DICOM", made.RLE)


@pytest.mark.parametrize("name", OTHER_FILES)
def test_other_kinds_of_files_are_refused(name):
    assert refused(OTHER_FILES[name]) == "unknown_format"


def test_size_is_looked_at_first():
    assert refused(b"") == "empty_file"
    assert refused(made.jpeg(made.torso()), MAX_FILE_BYTES + 1) == "too_large_file"


@pytest.mark.parametrize("magic", [b"MZ", b"\x7fELF", b"#!/bin/sh", b"PK\x03\x04", b"%PDF-1.7", b"<html>"])
def test_a_preamble_that_is_a_program_or_document_is_refused(magic):
    data = made.dicom(made.torso())
    assert refused(magic + data[len(magic) :]) == "executable_preamble"


@pytest.mark.parametrize("magic", [b"II*\0", b"MM\0*"])
def test_a_tiff_preamble_is_allowed(magic):
    data = made.dicom(made.torso())
    assert look(magic + data[4:], len(data)).format == "DICOM"


def test_a_file_without_preamble_is_known_by_its_meta_group():
    assert look(made.dicom(made.torso())[132:], 9999) == Door("DICOM", made.EXPLICIT)


def test_a_foreign_transfer_syntax_is_named():
    data = made.dicom(made.torso()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    with pytest.raises(UnsupportedImage, match=r"1\.2\.840\.10008\.1\.2\.9"):
        look(data, len(data))


def test_a_transfer_syntax_that_is_markup_is_not_repeated():
    data = made.dicom(made.torso()).replace(b"1.2.840.10008.1.2.1\0", b"<script>alert(1)</s>")
    with pytest.raises(UnsupportedImage) as caught:
        look(data, len(data))
    assert "<" not in caught.value.message("en")


def test_a_missing_transfer_syntax_is_named():
    assert refused(bytes(128) + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00\x00\x00\x00\x00") == "no_transfer_syntax"


@given(st.binary(max_size=600))
def test_no_meta_group_makes_it_loop_or_fail_otherwise(rubbish):
    for head in (
        rubbish,
        bytes(128) + b"DICM\x02\x00" + rubbish,
        b"\x02\x00\x00\x00UL" + rubbish,
        b"\x08\x00" + rubbish,
    ):
        try:
            door = look(head, len(head))
        except UnsupportedImage:
            continue
        assert door.format in ("JPEG", "PNG", "DICOM")
        assert door.transfer_syntax is None or door.transfer_syntax in TRANSFER_SYNTAXES


def test_the_door_loads_no_decoder():
    code = (
        "import inference.door, inference.errors, sys;"
        "print({'PIL', 'numpy', 'pydicom', 'imagecodecs'} & {name.split('.')[0] for name in sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
