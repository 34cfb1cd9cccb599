"""What JPEG and PNG share: opening with Pillow within bounds, orientation, colour to luminance."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import ExifTags, Image

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.grey import colourfulness
from inference.radiograph.limits import check_size, too_many_pixels
from inference.radiograph.types import Radiograph

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_REFUSALS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)


@contextmanager
def pillow_errors() -> Iterator[None]:
    """Everything Pillow raises about a file becomes one of our refusals; its size warning counts as an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise too_many_pixels() from error
    except MemoryError as error:
        raise UnreadableImage("out_of_memory") from error
    except _REFUSALS as error:
        raise UnreadableImage("truncated_file" if "truncated" in str(error) else "damaged_file") from error


def opened(data: bytes, name: str) -> Image.Image:
    """The picture, not decoded yet, by the one decoder `name` ("JPEG" or "PNG"); call it inside `pillow_errors`."""
    image = Image.open(io.BytesIO(data), formats=(name,))
    check_size(image.width, image.height)
    if getattr(image, "n_frames", 1) > 1:
        raise UnsupportedImage("multi_frame")
    return image


def turned_upright(image: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says it is to be seen; the picture itself where it says nothing."""
    how = _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if how is None else image.transpose(how)


def eight_bit(image: Image.Image, name: str, *, as_stored: bool = False) -> Radiograph:
    """A Radiograph of a decoded L or RGB picture: the values are what is shown."""
    colour = colourfulness(np.asarray(image)) if image.mode == "RGB" else 0.0
    grey = np.asarray(image.convert("L") if image.mode == "RGB" else image)
    return Radiograph(
        values=grey, bits=8, format=name, display=grey, colourfulness=colour, as_stored=as_stored and image.mode == "L"
    )


def on_black(image: Image.Image) -> Image.Image:
    """An LA or RGBA picture laid on black, as L or RGB."""
    opaque = "L" if image.mode == "LA" else "RGB"
    black = Image.new(opaque, image.size)
    black.paste(image.convert(opaque), mask=image.getchannel("A"))
    return black
