"""PNG: 1 to 16 bits, grey, colour, palette, alpha on black. Refused where a checksum is off, cut short, or animated."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.grey import colourfulness, luminance, stretched
from inference.radiograph.limits import check_size
from inference.radiograph.pillow import eight_bit, on_black, opened, pillow_errors, turned_upright
from inference.radiograph.types import Radiograph

_ALPHA_TYPES = (4, 6)
_COLOUR_TYPES = (2, 6)


class _Header(NamedTuple):
    depth: int
    colour_type: int
    transparent: bytes | None  # tRNS: the one value (or colour) that is see-through; or the palette's alphas


def read_png(data: bytes) -> Radiograph:
    """Read a PNG file, upright. Up to 8 bits the values are what is shown.

    16 bits: `values` is the uint16 luminance, and `displayed()` runs from its 0.5th to its 99.5th percentile, since
    such files carry 10, 12 or 14 bits as often as 16 and nothing says which.

    Raises:
        UnreadableImage: damaged_file, truncated_file.
        UnsupportedImage: too_many_pixels, multi_frame.
    """
    header = _checked_header(data)
    with pillow_errors():
        image = opened(data, "PNG")
        if header.depth == 16:
            return _sixteen_bit(data, image, header)
        image.load()
        return eight_bit(turned_upright(_opaque(image)), "PNG")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode in ("LA", "RGBA"):
        return on_black(image)
    if "transparency" in image.info:
        return on_black(image.convert("LA" if image.mode in ("1", "L") else "RGBA"))
    return image.convert("RGB" if image.mode == "P" else "L") if image.mode in ("P", "1") else image


def _checked_header(data: bytes) -> _Header:
    depth = colour_type = 0
    transparent = None
    for place, (kind, body) in enumerate(_chunks(data)):
        if (kind == b"IHDR") != (place == 0):
            raise UnreadableImage("damaged_file")
        if kind == b"IHDR":
            depth, colour_type = _size_checked(body)
        elif kind == b"acTL":
            raise UnsupportedImage("multi_frame")
        elif kind == b"tRNS":
            transparent = bytes(body)
    return _Header(depth, colour_type, transparent)


def _size_checked(body: memoryview) -> tuple[int, int]:
    if len(body) != 13:
        raise UnreadableImage("damaged_file")
    check_size(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"))
    return body[8], body[9]


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Kind and body of each chunk up to IEND, with its checksum verified (Pillow leaves that of IDAT out)."""
    view = memoryview(data)
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(view[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise UnreadableImage("damaged_file")
        kind = bytes(view[at + 4 : at + 8])
        yield kind, view[at + 8 : end - 4]
        if kind == b"IEND":
            return
        at = end
    raise UnreadableImage("truncated_file")


def _sixteen_bit(data: bytes, image: Image.Image, header: _Header) -> Radiograph:
    """Grey by Pillow (I;16); colour and alpha by imagecodecs, since Pillow throws their low byte away."""
    if header.colour_type == 0:
        channels = np.asarray(image, dtype=np.uint16)[..., np.newaxis]
    else:
        from imagecodecs import png_decode

        channels = np.asarray(png_decode(data))
    channels = _composed(channels, header)
    colour = colourfulness(channels) / 257 if channels.shape[2] == 3 else 0.0
    grey = luminance(channels) if channels.shape[2] == 3 else channels[..., 0]
    upright = np.asarray(turned_upright(_with_exif(grey, image)), dtype=np.uint16)
    return Radiograph(
        values=upright,
        bits=16,
        format="PNG",
        display=stretched(upright),
        colourfulness=colour,
    )


def _with_exif(grey: np.ndarray, original: Image.Image) -> Image.Image:
    picture = Image.fromarray(grey)
    picture.info.update(original.info)
    picture.getexif().update(original.getexif())
    return picture


def _composed(channels: np.ndarray, header: _Header) -> np.ndarray:
    """The colour channels laid on black where the file has alpha, or one see-through colour."""
    if header.colour_type in _ALPHA_TYPES:
        alpha = channels[..., -1:].astype(np.uint32)
        return ((channels[..., :-1] * alpha + 32767) // 65535).astype(np.uint16)
    count = 3 if header.colour_type in _COLOUR_TYPES else 1
    channels = channels[..., :count]
    if header.transparent and len(header.transparent) == 2 * count:
        seen_through = (channels == np.frombuffer(header.transparent, ">u2")).all(axis=2)
        return np.where(seen_through[..., np.newaxis], 0, channels).astype(np.uint16)
    return channels
