"""One look at one image: a few numbers that any program could read without knowing what it shows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from inference.errors import RadiographError
from inference.radiograph import Radiograph, read_radiograph
from training.leaks import fingerprints

STATISTICS = {
    "width": "width (pixels)",
    "height": "height (pixels)",
    "aspect": "width divided by height",
    "file_size": "file size (KB)",
    "bytes_per_pixel": "bytes per pixel",
    "jpeg_quality": "JPEG quality (estimated)",
    "colour": "colour (0: grey)",
    "brightness": "mean brightness (0 to 255)",
    "contrast": "contrast (standard deviation)",
    "sharpness": "sharpness",
    "edge": "brightness of the edge",
    "black": "share of black",
    "white": "share of white",
}
COLUMNS = (
    *("Modality", "BodyPartExamined", "ViewPosition", "PatientSex", "PhotometricInterpretation"),
    *("Manufacturer", "ManufacturerModelName", "InstitutionName", "BurnedInAnnotation"),
)
"""What of a DICOM header is counted; names, numbers and dates of people are not."""
MEAN_SIDE = 96  # of the mean picture
SHARP_SIDE = 224  # longer side at which sharpness is measured, so that the size of the file plays no part
STRIP = 0.05  # of each side: the edge
BLACK, WHITE = 8, 247  # grey levels up to and from which a pixel is black or white
COLOURED = 2.0  # mean difference of two channels; JPEG's rounding stays below


@dataclass(frozen=True, eq=False)
class Look:
    """What is kept of one image.

    Attributes:
        values: float32, in the order of STATISTICS; NaN where it does not apply.
        form: format, bits and colour in words.
        small: uint8 (MEAN_SIDE, MEAN_SIDE). fingerprint: float32, see training.leaks.
        pixels: digest of the pixels, whatever file they came in.
        header: some of a DICOM header.
    """

    values: np.ndarray
    form: str
    small: np.ndarray
    fingerprint: np.ndarray
    pixels: str
    header: Mapping[str, str]


def look_at(path: Path) -> Look | str:
    """Everything about an image; or the reason why it can't be read."""
    try:
        data = path.read_bytes()
        radiograph = read_radiograph(data)
    except RadiographError as error:
        return error.message("en")
    except OSError as error:
        return str(error.strerror or error)
    shown = radiograph.displayed()
    small = Image.fromarray(shown).resize((MEAN_SIDE, MEAN_SIDE), Image.Resampling.BOX)
    return Look(
        values=np.array([*_of_the_file(data, radiograph), *_of_the_picture(shown)], np.float32),
        form=f"{radiograph.format}, {radiograph.bits} bits, {_colour(data, radiograph)}",
        small=np.asarray(small),
        fingerprint=fingerprints(shown[np.newaxis, :, :, np.newaxis])[0],
        pixels=radiograph.pixel_sha256,
        header={name: radiograph.tags[name] for name in COLUMNS if name in radiograph.tags},
    )


def _of_the_file(data: bytes, radiograph: Radiograph) -> tuple[float, ...]:
    height, width = radiograph.values.shape
    quality = jpeg_quality(data) if radiograph.format == "JPEG" else float("nan")
    return (
        *(width, height, width / height, len(data) / 1024, len(data) / (width * height)),
        *(quality, radiograph.colourfulness),
    )


def _of_the_picture(shown: np.ndarray) -> tuple[float, ...]:
    step = max(1, int((shown.size / 2**20) ** 0.5))
    grid = shown[::step, ::step]
    spread = float(grid.std())
    return (
        *(float(grid.mean()), spread, sharpness(shown, spread), edge_brightness(shown)),
        *(float((grid <= BLACK).mean()), float((grid >= WHITE).mean())),
    )


def sharpness(shown: np.ndarray, spread: float) -> float:
    """Mean difference of neighbours at SHARP_SIDE pixels, divided by the contrast; 0 for a flat picture."""
    scale = min(1.0, SHARP_SIDE / max(shown.shape))
    size = max(2, round(shown.shape[1] * scale)), max(2, round(shown.shape[0] * scale))
    picture = np.asarray(Image.fromarray(shown).resize(size, Image.Resampling.BOX), np.float32)
    steps = np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean()
    return float(steps / 2 / spread) if spread > 0 else 0.0


def edge_brightness(shown: np.ndarray) -> float:
    """Mean of a frame as wide as STRIP of each side."""
    high, wide = (max(1, round(STRIP * side)) for side in shown.shape)
    strips = (shown[:high], shown[-high:], shown[high:-high, :wide], shown[high:-high, -wide:])
    return float(np.concatenate([strip.ravel() for strip in strips]).mean())


def _colour(data: bytes, radiograph: Radiograph) -> str:
    if radiograph.format == "DICOM":
        return radiograph.tags.get("PhotometricInterpretation", "grey")
    with Image.open(io.BytesIO(data)) as image:
        mode = image.mode
    if radiograph.colourfulness > COLOURED:
        return f"coloured ({mode})"
    return "grey" if mode in ("L", "1", "LA") or mode.startswith("I") else f"grey saved as {mode}"


def jpeg_quality(data: bytes) -> float:
    """The quality, 1 to 100, at which the usual encoder would divide as coarsely as this file does."""
    with Image.open(io.BytesIO(data)) as image:
        tables = getattr(image, "quantization", None)
    if not tables:
        return float("nan")
    return float(np.abs(_coarseness() - sum(tables[min(tables)])).argmin() + 1)


@lru_cache(maxsize=1)
def _coarseness() -> np.ndarray:
    """(100,): the sum of the encoder's own table at each quality, falling."""
    sums = []
    for quality in range(1, 101):
        file = io.BytesIO()
        Image.new("L", (8, 8)).save(file, "JPEG", quality=quality)
        sums.append(sum(Image.open(file).quantization[0]))  # type: ignore[attr-defined]
    return np.array(sums)
