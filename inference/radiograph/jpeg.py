"""JPEG: grey, colour, CMYK; 8 bits. Refused where it is cut short, in parts, or of a process nobody uses for pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.limits import check_size
from inference.radiograph.pillow import eight_bit, opened, pillow_errors, turned_upright
from inference.radiograph.types import Radiograph

MAX_SCANS = 100
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODED_FRAMES = (
    0xC0,
    0xC1,
    0xC2,
)  # baseline, extended, progressive; the others are lossless, hierarchical, arithmetic
_NO_DATA = 128  # the decoder's fill where the data ended too early


def read_jpeg(data: bytes) -> Radiograph:
    """Read a JPEG file; `values` and `displayed()` are its 8-bit luminance, upright.

    Raises:
        UnreadableImage: damaged_file, truncated_file.
        UnsupportedImage: too_many_pixels, multi_frame, unsupported_jpeg, cmyk_without_adobe.
    """
    _check_frame_header(data)
    _check_end(data)
    with pillow_errors():
        image = opened(data, "JPEG")
        if image.mode not in ("L", "RGB", "CMYK"):
            raise UnsupportedImage("unsupported_jpeg")
        image.load()
        _check_filled(image)
        return eight_bit(turned_upright(_without_ink(image)), "JPEG")


def _check_frame_header(data: bytes) -> None:
    at = 2
    while at + 4 <= len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or length < 2:
            raise UnreadableImage("damaged_file")
        if marker == 0xFF:  # a fill byte before the marker
            at += 1
        elif marker in _FRAMES:
            return _check_frame(marker, data[at + 4 : at + 10])
        else:
            at += 2 + length
    raise UnreadableImage("truncated_file")


def _check_frame(marker: int, frame: bytes) -> None:
    if len(frame) < 6:
        raise UnreadableImage("truncated_file")
    check_size(
        height=int.from_bytes(frame[1:3], "big"),
        width=int.from_bytes(frame[3:5], "big"),
    )
    if marker not in _DECODED_FRAMES or frame[0] != 8 or frame[5] not in (1, 3, 4):
        raise UnsupportedImage("unsupported_jpeg")


def _check_end(data: bytes) -> None:
    """Pillow reads a file whose last bytes are gone when the decoder has just enough; an end marker must be there."""
    if data.count(b"\xff\xda") > MAX_SCANS:
        raise UnsupportedImage("unsupported_jpeg")
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise UnreadableImage("truncated_file")


def _check_filled(image: Image.Image) -> None:
    """A file cut short and closed with an end marker decodes to a flat 128 at the bottom, without an error."""
    tail = np.asarray(
        image.crop((0, max(0, image.height - 8), image.width, image.height))
    )
    if (
        (tail == _NO_DATA).all()
        and image.height > 8
        and (np.asarray(image.getextrema()) != _NO_DATA).any()
    ):
        raise UnreadableImage("truncated_file")


def _without_ink(image: Image.Image) -> Image.Image:
    """CMYK (and YCCK, which the decoder turns into it) to RGB. Pillow takes it for Adobe's inverted kind, always."""
    if image.mode != "CMYK":
        return image
    if "adobe" not in image.info:
        raise UnsupportedImage("cmyk_without_adobe")
    return image.convert("RGB")
