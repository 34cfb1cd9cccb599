"""How probabilities are turned towards observed frequencies, as a bundle says it; applied in Bundle.per_class alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

SMALLEST = 1e-7  # a network's 0 and 1 stand for no more certainty than this
LARGEST = 80.0  # log odds; e to the power of more overflows


@dataclass(frozen=True)
class Calibration:
    """A slope and a shift of the log odds.

    Attributes:
        method: "platt": two classes, log odds of the positive one times `slope` plus `shift` (Platt 1999);
            "temperature": any number, log probabilities times `slope`, normalised (Guo et al. 2017: 1 / temperature).
        slope: above 0, so that no two pictures change places. shift: 0 for a temperature.
    """

    method: str
    slope: float
    shift: float = 0.0

    def __post_init__(self) -> None:
        known = self.method == "platt" or (self.method == "temperature" and self.shift == 0)
        if not (known and math.isfinite(self.slope) and self.slope > 0 and math.isfinite(self.shift)):
            raise ValueError(f"no calibration of ours: {self}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration | None:
        """From bundle.json; None for {"method": "none"}. Other names stand for how it was found, and are left alone.

        Raises:
            ValueError, TypeError, KeyError: it is not known or has no number.
        """
        if values["method"] == "none":
            return None
        return cls(values["method"], float(values["slope"]), float(values.get("shift", 0.0)))

    def to_dict(self) -> dict[str, Any]:
        """As written into bundle.json."""
        return {"method": self.method, "slope": self.slope, "shift": self.shift}

    def fits(self, classes: int) -> bool:
        """Whether it speaks of so many classes."""
        return self.method == "temperature" or classes == 2

    def applied(self, chances: np.ndarray, positive: int) -> np.ndarray:
        """Probabilities (N, classes) -> float32 (N, classes); `positive` is the place of the positive class."""
        return self._turned(chances, positive, self.slope, self.shift)

    def undone(self, chances: np.ndarray, positive: int) -> np.ndarray:
        """The probabilities before it, float32 (N, classes), but for what rounding and SMALLEST took."""
        return self._turned(chances, positive, 1 / self.slope, -self.shift / self.slope)

    def _turned(self, chances: np.ndarray, positive: int, slope: float, shift: float) -> np.ndarray:
        if self.method == "platt":
            odds = self.log_odds(chances[:, positive]) * slope + shift
            found = 1 / (1 + np.exp(-np.clip(odds, -LARGEST, LARGEST)))
            columns = [found, 1 - found] if positive == 0 else [1 - found, found]
            return np.stack(columns, axis=1).astype(np.float32)
        logs = np.log(np.maximum(chances.astype(float), SMALLEST)) * slope
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        result: np.ndarray = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return result

    @staticmethod
    def log_odds(scores: np.ndarray) -> np.ndarray:
        """ln(p / (1 - p)), float (N,)."""
        clipped = np.clip(scores.astype(float), SMALLEST, 1 - SMALLEST)
        odds: np.ndarray = np.log(clipped) - np.log1p(-clipped)
        return odds
