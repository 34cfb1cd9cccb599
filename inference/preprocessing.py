"""The one preparation of pixels: training and serving call this and nothing else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image, ImageOps

from inference.radiograph.types import Radiograph

EQUALISED_BY = {"none": lambda picture: picture, "histogram": ImageOps.equalize}


@dataclass(frozen=True)
class Preprocessing:
    """Frozen values, part of the bundle: another value needs a retrained model.

    Attributes:
        height, width: size of the network's input in pixels; the aspect ratio is squashed, as in the training set.
        resample: "bilinear" with antialiasing (Pillow).
        decode: "full": a JPEG is decoded at its full size.
        equalise: "none", or "histogram": grey levels are spread so that each is about as frequent, after resizing.
        version: of this code; raised whenever the same values would give other pixels.
    """

    height: int = 160
    width: int = 160
    resample: str = "bilinear"
    decode: str = "full"
    equalise: str = "none"
    version: int = 1

    def __post_init__(self) -> None:
        if (self.resample, self.decode, self.version) != ("bilinear", "full", 1):
            raise ValueError(
                f"this version prepares pixels with resample=bilinear, decode=full, version=1, not {asdict(self)}"
            )
        if self.equalise not in EQUALISED_BY:
            raise ValueError(f"equalise is one of {', '.join(EQUALISED_BY)}, not {self.equalise!r}")
        if not (16 <= self.height <= 2048 and 16 <= self.width <= 2048):
            raise ValueError(f"height and width must be 16 to 2048 pixels, not {self.height} x {self.width}")

    def __call__(self, radiograph: Radiograph) -> np.ndarray:
        """The network's input: uint8 (height, width, 1). The network rescales it in its first layer."""
        picture = Image.fromarray(radiograph.displayed())
        small = picture.resize((self.width, self.height), Image.Resampling.BILINEAR)
        return np.asarray(EQUALISED_BY[self.equalise](small), dtype=np.uint8)[:, :, np.newaxis]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with any value."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, object]:
        """As written into bundle.json; a value that came later stands there only where it is used."""
        values = asdict(self)
        return values if self.equalise != "none" else {k: v for k, v in values.items() if k != "equalise"}

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> Preprocessing:
        """From bundle.json; an unknown or missing name is an error (TypeError)."""
        return cls(**values)  # type: ignore[arg-type]
