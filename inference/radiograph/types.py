"""What a reader returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from inference.radiograph.grey import pixel_hash


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One picture, upright, bright = dense, in the values of the modality.

    Attributes:
        values: (H, W) array; uint8 or uint16 from JPEG and PNG, the modality's values (after rescale) from DICOM.
        bits: bits stored, 1 to 32.
        format: "JPEG", "PNG" or "DICOM".
        windows: (centre, width) pairs in the units of `values`, the file's first one first; empty when it states none.
        display: (H, W) uint8 that `displayed()` returns.
        spacing_mm: (row, column) distance of pixel centres, or None where the file gives no scale.
        colourfulness: largest mean difference of the colour channels, 0 (grey) to 255.
        tags: allow-listed DICOM values as text; empty for JPEG and PNG.
        as_stored: whether `display` is what any decoder makes of the file as it lies there: not turned, no colour.
    """

    values: np.ndarray
    bits: int
    format: str
    display: np.ndarray
    windows: tuple[tuple[float, float], ...] = ()
    spacing_mm: tuple[float, float] | None = None
    colourfulness: float = 0.0
    tags: dict[str, str] = field(default_factory=dict)
    as_stored: bool = False

    @cached_property
    def pixel_sha256(self) -> str:
        """Hex digest over shape, dtype and bytes of `values`: the same in whatever wrapper it comes.

        Made when it is asked for: a third of the time of reading a JPEG, and only the record needs it.
        """
        return pixel_hash(self.values)

    def displayed(self) -> np.ndarray:
        """The picture as 8 bits, (H, W) uint8; bright = dense.

        JPEG, PNG up to 8 bits: the values themselves. DICOM: by the VOI lookup table, else the first window. Without
        either, up to 8 bits keep their full range, and more bits (16-bit PNG too) run from the 0.5th percentile (black)
        to the 99.5th (white).
        """
        return self.display
