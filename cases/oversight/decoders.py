"""Whether the decoders of this machine give back what was encoded: DICOM's compressed kinds, JPEG and PNG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import imagecodecs
import numpy as np
from django.utils.translation import gettext as _
from PIL import Image

from cases.oversight.doctor import Finding


def picture(bits: int) -> np.ndarray:
    """A ramp with every step of the depth in it, (64, 64), uint8 or uint16."""
    ramp = np.linspace(0, 2**bits - 1, 64 * 64).reshape(64, 64)
    return ramp.astype(np.uint8 if bits == 8 else np.uint16)


def _packbits(array: np.ndarray) -> np.ndarray:
    back = imagecodecs.packbits_decode(imagecodecs.packbits_encode(array))
    return np.frombuffer(back, np.uint8).reshape(array.shape)


def _png(array: np.ndarray) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return np.asarray(Image.open(out))


def _jpeg(array: np.ndarray) -> np.ndarray:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "JPEG", quality=100)
    by_pillow, by_codecs = np.asarray(Image.open(out)), imagecodecs.jpeg8_decode(out.getvalue())
    near = np.abs(by_pillow.astype(int) - array).max() <= 4 and np.abs(by_codecs.astype(int) - array).max() <= 4
    return array if near else by_pillow


# name, bits, encode and decode: the same picture must come back
ROUND_TRIPS: tuple[tuple[str, int, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("JPEG", 8, _jpeg),
    ("PNG", 8, _png),
    (
        "JPEG lossless",
        12,
        lambda array: imagecodecs.jpegsof3_decode(imagecodecs.ljpeg_encode(array, bitspersample=12)),
    ),
    ("JPEG-LS", 16, lambda array: imagecodecs.jpegls_decode(imagecodecs.jpegls_encode(array))),
    (
        "JPEG 2000",
        16,
        lambda array: imagecodecs.jpeg2k_decode(imagecodecs.jpeg2k_encode(array, level=0, reversible=True)),
    ),
    ("RLE", 8, _packbits),
)


def check_decoders() -> Iterator[Finding]:
    """One line for each."""
    for name, bits, there_and_back in ROUND_TRIPS:
        yield check_decoder(name, picture(bits), there_and_back)


def check_decoder(name: str, array: np.ndarray, there_and_back: Callable[[np.ndarray], np.ndarray]) -> Finding:
    """Whether one gives the same picture back."""
    line, todo = _("Decoder %(name)s") % {"name": name}, _("Install the hashed requirements anew: make setup")
    try:
        same = np.array_equal(there_and_back(array), array)
    except (RuntimeError, OSError, ValueError, NotImplementedError, ImportError) as error:
        return Finding(line, f"{type(error).__name__}", todo)
    return Finding(line, _("works"), "") if same else Finding(line, _("gives back another picture"), todo)
