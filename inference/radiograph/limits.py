"""The bounds on a picture, checked on what its header says, before anything is decoded."""

from __future__ import annotations

from inference.errors import UnreadableImage, UnsupportedImage

MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
MAX_INFLATED_BYTES = 300 * 2**20


def check_size(width: int, height: int) -> None:
    """Raise when a picture of this size is not to be decoded; a lower bound belongs to the gate, not to the reader."""
    if width < 1 or height < 1:
        raise UnreadableImage("damaged_file")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise too_many_pixels()


def too_many_pixels() -> UnsupportedImage:
    """The refusal, with the bounds that its sentence names."""
    return UnsupportedImage("too_many_pixels", megapixels=MAX_PIXELS // 1_000_000, side=MAX_SIDE)
