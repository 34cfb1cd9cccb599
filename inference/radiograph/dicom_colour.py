"""Colour DICOM pictures to luminance."""

from __future__ import annotations

import numpy as np
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from inference.errors import UnsupportedImage
from inference.radiograph.dicom_header import PixelHeader
from inference.radiograph.dicom_values import Grey
from inference.radiograph.grey import colourfulness, luminance, scaled


def colour_values(stored: np.ndarray, dataset: Dataset, header: PixelHeader, colour: str) -> tuple[Grey, float]:
    """Luminance of a picture in `colour` (a photometric interpretation), and its colourfulness, 0 to 255.

    Colour is not windowed: what is shown is the full range of BitsStored.
    """
    bits = header.bits_stored
    if colour == "PALETTE COLOR":
        stored, bits = _painted(stored, dataset)
    elif colour != "RGB":
        if stored.dtype != np.uint8:
            raise UnsupportedImage("unsupported_bits", bits=header.bits_allocated)
        stored = convert_color_space(stored, "YBR_FULL", "RGB")
    grey = luminance(stored)
    full = float((1 << bits) - 1)
    display = grey if bits == 8 and grey.dtype == np.uint8 else scaled(grey, 0, full)
    return Grey(grey, (), display), colourfulness(stored) * 255 / full


def _painted(stored: np.ndarray, dataset: Dataset) -> tuple[np.ndarray, int]:
    if "SegmentedRedPaletteColorLookupTableData" in dataset:  # its segments can unfold to any size
        raise UnsupportedImage("unsupported_photometric")
    rgb = apply_color_lut(stored, dataset)[..., :3]
    return rgb, rgb.dtype.itemsize * 8
