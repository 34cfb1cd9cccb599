"""The picture at its full depth for a browser: every value of the radiograph, without loss, and what it means.

A browser's own decoders give 8 bits a channel; so this is no picture file. One line of JSON; then, per pixel, the
difference to its left neighbour (in the first column: to the one above), modulo 65536, zigzagged to a small unsigned
number: all low bytes as they are, since noise packs badly, then all high bytes as a zlib stream, which
`DecompressionStream("deflate")` takes without a library. A little more than a byte a pixel: 4.2 MB for 4 megapixels of
12 bits; with the low bytes packed too it would be 3.5 MB and five times the work.
"""

from __future__ import annotations

import json
import zlib

import numpy as np

from inference.radiograph.types import Radiograph

TOP = 65535
MAX_PIXELS = 24_000_000
SAMPLE = 65536  # pixels that say how values became grey levels
INTERIOR = 16  # fewer pixels between black and white say nothing


def deep_picture(radiograph: Radiograph) -> bytes | None:
    """The file for the browser; None where 8 bits are all there is, or for more than MAX_PIXELS.

    The line of JSON says: width, height; `low` and `step`: a stored number n is the value low + step * n; `top`: the
    largest number; `black` and `white`: the values that the 8-bit rendition begins and ends with; `windows`: centre and
    width of the file's own, in values.
    """
    if radiograph.bits <= 8 or radiograph.values.size > MAX_PIXELS:
        return None
    from imagecodecs import deflate_encode

    numbers, low, step = whole_numbers(radiograph.values)
    black, white = ends_of(radiograph)
    height, width = numbers.shape
    said = {"width": width, "height": height, "low": low, "step": step, "top": int(numbers.max())}
    said |= {"black": black, "white": white, "windows": [list(window) for window in radiograph.windows]}
    low_bytes, high_bytes = _planes(numbers)
    return b"".join((json.dumps(said).encode(), b"\n", low_bytes, deflate_encode(high_bytes, level=1)))


def whole_numbers(values: np.ndarray) -> tuple[np.ndarray, float, float]:
    """(H, W) uint16, and low and step: values = low + step * numbers; exact but for fractions and too wide a range."""
    low, high = float(values.min()), float(values.max())
    if np.issubdtype(values.dtype, np.integer) and high - low <= TOP:
        return (values - values.dtype.type(low)).astype(np.uint16, copy=False), low, 1.0
    step = (high - low) / TOP or 1.0
    return np.rint((values.astype(np.float64) - low) / step).astype(np.uint16), low, step


def ends_of(radiograph: Radiograph) -> tuple[float, float]:
    """The values that `displayed()` shows black and white; of a curve, the line that comes nearest to it."""
    every = max(1, int((radiograph.values.size / SAMPLE) ** 0.5))
    values = radiograph.values[::every, ::every].astype(np.float64).ravel()
    grey = radiograph.displayed()[::every, ::every].astype(np.float64).ravel()
    between = (grey > 0) & (grey < 255)
    spread = values[between] - values[between].mean() if between.sum() >= INTERIOR else np.zeros(1)
    slope = float(spread @ grey[between] / (spread @ spread)) if spread.any() else 0.0
    if slope <= 0:
        low, high = float(radiograph.values.min()), float(radiograph.values.max())
        return low, max(high, low + 1)
    black = float(values[between].mean() - grey[between].mean() / slope)
    return black, black + 255 / slope


def numbers_in(data: bytes) -> tuple[dict[str, float], np.ndarray]:
    """What `deep_picture` wrote, read again: the line, and the numbers as (H, W) uint16.

    Raises:
        ValueError: the file is damaged.
    """
    line, _, rest = data.partition(b"\n")
    said = json.loads(line)
    count = said["height"] * said["width"]
    try:
        high = np.frombuffer(zlib.decompress(rest[count:]), np.uint8)
    except zlib.error as error:
        raise ValueError("damaged") from error
    low = np.frombuffer(rest[:count], np.uint8)
    folded = (high.astype(np.uint16) << 8 | low).reshape(said["height"], said["width"])
    steps = (folded >> 1) ^ (0 - (folded & 1)).astype(np.uint16)
    steps[:, 0] = np.cumsum(steps[:, 0], dtype=np.uint16)
    return said, np.cumsum(steps, axis=1, dtype=np.uint16)


def _planes(numbers: np.ndarray) -> tuple[bytes, bytes]:
    """Low and high bytes of the zigzagged differences, row by row."""
    steps = np.empty_like(numbers)
    steps[:, 1:] = numbers[:, 1:] - numbers[:, :-1]
    steps[1:, 0] = numbers[1:, 0] - numbers[:-1, 0]
    steps[0, 0] = numbers[0, 0]
    signed = steps.view(np.int16)
    folded = ((signed << 1) ^ (signed >> 15)).view(np.uint16)
    return folded.astype(np.uint8).tobytes(), (folded >> 8).astype(np.uint8).tobytes()
