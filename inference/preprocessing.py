"""The one preparation of pixels: training and serving call this and nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

from inference.radiograph.types import Radiograph


@dataclass(frozen=True)
class Preprocessing:
    """Frozen values, part of the bundle: another value needs a retrained model.

    Attributes:
        height, width: size of the network's input in pixels; the aspect ratio is squashed, as in the training set.
        resample: "bilinear" with antialiasing (Pillow).
        decode: "full": a JPEG is decoded at its full size.
        version: of this code; raised whenever the same values would give other pixels.
    """

    height: int = 160
    width: int = 160
    resample: str = "bilinear"
    decode: str = "full"
    version: int = 1

    def __post_init__(self) -> None:
        if (self.resample, self.decode, self.version) != ("bilinear", "full", 1):
            raise ValueError(
                f"this version prepares pixels with resample=bilinear, decode=full, version=1, not {asdict(self)}"
            )
        if not (16 <= self.height <= 2048 and 16 <= self.width <= 2048):
            raise ValueError(f"height and width must be 16 to 2048 pixels, not {self.height} x {self.width}")

    def __call__(self, radiograph: Radiograph) -> np.ndarray:
        """The network's input: uint8 (height, width, 1). The network rescales it in its first layer."""
        picture = Image.fromarray(radiograph.displayed())
        small = picture.resize((self.width, self.height), Image.Resampling.BILINEAR)
        return np.asarray(small, dtype=np.uint8)[:, :, np.newaxis]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any value."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, object]:
        """As written into bundle.json."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> Preprocessing:
        """From bundle.json; an unknown or missing name is an error (TypeError)."""
        return cls(**values)  # type: ignore[arg-type]
