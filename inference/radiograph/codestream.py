"""What a compressed picture says of itself in its own header, read before a decoder sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from inference.errors import UnreadableImage, UnsupportedImage

MAX_SCANS = 100
_SOF = (*(marker for marker in range(0xC0, 0xD0) if marker not in (0xC4, 0xC8, 0xCC)), 0xF7)  # 0xF7 is JPEG-LS
_END = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike
_IN_SCAN = re.compile(rb"\xff(?![\x00\xd0-\xd7\xff])")  # the next marker: no stuffed byte, no restart, no fill byte
_SCAN = 0xDA
_PICTURE = (*_SOF, 0xC4, 0xDB, 0xDD, _SCAN)  # frame, Huffman and quantisation tables, restart interval, scan
_ASIDE = (*range(0xE0, 0xF0), 0xFE)  # applications' segments, comments
_SOC_SIZ = b"\xff\x4f\xff\x51"


class Frame(NamedTuple):
    """Size in pixels, samples per pixel, bits per sample; for the JPEG family its start-of-frame marker, else 0."""

    rows: int
    columns: int
    samples: int
    precision: int
    marker: int = 0


def jpeg_frame(data: bytes) -> Frame:
    """The frame header of a JPEG or JPEG-LS stream (T.81 B.2.2, T.87 C.2.2)."""
    at = 2
    while at + 4 <= len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or (marker != 0xFF and length < 2):
            raise UnreadableImage("damaged_file")
        if marker in _SOF:
            return _frame_of(marker, data[at + 4 : at + 10])
        at += 1 if marker == 0xFF else 2 + length  # 0xFF: a fill byte before the marker
    raise UnreadableImage("truncated_file")


def _frame_of(marker: int, body: bytes) -> Frame:
    if len(body) < 6:
        raise UnreadableImage("truncated_file")
    rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return Frame(rows, columns, samples=body[5], precision=body[0], marker=marker)


def check_jpeg_ends(data: bytes) -> None:
    """Decoders answer where the last bytes are gone and they had just enough; the end marker must be there."""
    if data.count(b"\xff\xda") > MAX_SCANS:
        raise UnsupportedImage("unsupported_jpeg")
    end = data.rfind(_END)
    if end < 0 or data.find(b"\xff\xda", end) >= 0:
        raise UnreadableImage("truncated_file")


def bare_jpeg(data: bytes) -> bytes | None:
    """The same JPEG with nothing in it but its picture: tables, frame and scans; no comment, no application's segment
    (EXIF, XMP, names), nothing behind its end. None where it holds anything else that a decoder might need."""
    kept = [data[:2]]
    for marker, part in _parts(data):
        if marker in _PICTURE:
            kept.append(part)
        elif marker == _END[1]:
            return b"".join([*kept, _END])
        elif marker not in _ASIDE:
            break
    return None


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment of a JPEG, a scan with its data; until no marker stands where one should."""
    at = 2
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN:
            found = _IN_SCAN.search(data, end)
            end = found.start() if found else len(data)
        yield marker, data[at:end]
        at = end


def jpeg_2000_frame(data: bytes) -> Frame:
    """The SIZ marker of a JPEG 2000 or HTJ2K stream, bare or in a JP2 wrapper (T.800 A.5.1); its end must be there."""
    start = data.find(_SOC_SIZ, 0, 4096)
    siz = data[start + 4 : start + 43] if start >= 0 else b""
    if len(siz) < 39 or data.rfind(_END) < start:
        raise UnreadableImage("truncated_file")
    right, bottom, left, top = (int.from_bytes(siz[at : at + 4], "big") for at in (4, 8, 12, 16))
    samples = int.from_bytes(siz[36:38], "big")
    return Frame(rows=bottom - top, columns=right - left, samples=samples, precision=(siz[38] & 0x7F) + 1)
