"""JPEG: grey, colour, CMYK; 8 bits. Refused where cut short, in several parts, or of a process that no camera uses."""

from __future__ import annotations

import numpy as np
from PIL import Image

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.codestream import Frame, check_jpeg_ends, jpeg_frame
from inference.radiograph.limits import check_size
from inference.radiograph.pillow import eight_bit, opened, pillow_errors, turned_upright
from inference.radiograph.types import Radiograph

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
    _check_frame(jpeg_frame(data))
    check_jpeg_ends(data)
    with pillow_errors():
        image = opened(data, "JPEG")
        if image.mode not in ("L", "RGB", "CMYK"):
            raise UnsupportedImage("unsupported_jpeg")
        image.load()
        _check_filled(image)
        upright = turned_upright(_without_ink(image))
        return eight_bit(upright, "JPEG", as_stored=upright is image)


def _check_frame(frame: Frame) -> None:
    check_size(height=frame.rows, width=frame.columns)
    if frame.marker not in _DECODED_FRAMES or frame.precision != 8 or frame.samples not in (1, 3, 4):
        raise UnsupportedImage("unsupported_jpeg")


def _check_filled(image: Image.Image) -> None:
    """A file cut short and closed with an end marker decodes to a flat 128 at the bottom, without an error."""
    tail = np.asarray(image.crop((0, max(0, image.height - 8), image.width, image.height)))
    if (tail == _NO_DATA).all() and image.height > 8 and (np.asarray(image.getextrema()) != _NO_DATA).any():
        raise UnreadableImage("truncated_file")


def _without_ink(image: Image.Image) -> Image.Image:
    """CMYK (and YCCK, which the decoder turns into it) to RGB. Pillow takes it for Adobe's inverted kind, always."""
    if image.mode != "CMYK":
        return image
    if "adobe" not in image.info:
        raise UnsupportedImage("cmyk_without_adobe")
    return image.convert("RGB")
