"""Two thresholds for two stated aims, chosen on images that taught the network nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inference.bundle import Thresholds
from training.errors import WorkshopError

DIGITS = 4  # more would pretend that a few hundred images can tell such points apart


@dataclass(frozen=True)
class OperatingPoints:
    """The thresholds and how they were found.

    Attributes:
        sensitive_aim, specific_aim: the sensitivity, and the specificity, that the two points reach.
        crossed: whether one point alone would reach both aims; then the uncertain band lies between two such points.
        chosen_on: whose scores.
    """

    thresholds: Thresholds
    sensitive_aim: float
    specific_aim: float
    crossed: bool
    chosen_on: str = "the held-out patients"

    def told(self) -> str:
        """How they were chosen, in a sentence or two."""
        text = (
            f"On {self.chosen_on}, at least {self.sensitive_aim:.0%} of the positive images score "
            f"{self.thresholds.sensitive} or more, and at least {self.specific_aim:.0%} of the negative images score "
            f"below {self.thresholds.specific}."
        )
        return text + (" Any point between the two reaches both aims there." if self.crossed else "")


def choose_operating_points(
    is_positive: np.ndarray, scores: np.ndarray, sensitive_aim: float = 0.98, specific_aim: float = 0.98
) -> OperatingPoints:
    """The highest point that still reaches the sensitivity, and the lowest that reaches the specificity.

    Args:
        is_positive: bool (N,). scores: probability of the positive class, (N,).
    Raises:
        WorkshopError: one of the two classes has no image.
    """
    if is_positive.all() or not is_positive.any():
        raise WorkshopError("Operating points need images of both the positive and a negative class.")
    sensitive = _rounded(_highest_reaching(scores[is_positive], sensitive_aim), math.floor)
    specific = _rounded(_lowest_reaching(scores[~is_positive], specific_aim), math.ceil)
    points = Thresholds(min(sensitive, specific), max(sensitive, specific))
    return OperatingPoints(points, sensitive_aim, specific_aim, sensitive > specific)


def _highest_reaching(positive_scores: np.ndarray, aim: float) -> float:
    """The largest t with share(score >= t) >= aim."""
    ordered = np.sort(positive_scores)[::-1]
    return float(ordered[math.ceil(aim * len(ordered)) - 1])


def _lowest_reaching(negative_scores: np.ndarray, aim: float) -> float:
    """The smallest t, just above a score, with share(score < t) >= aim."""
    ordered = np.sort(negative_scores)
    return float(np.nextafter(np.float32(ordered[math.ceil(aim * len(ordered)) - 1]), np.float32(2)))


def _rounded(value: float, towards: Callable[[float], int]) -> float:
    return float(min(1.0, towards(value * 10**DIGITS) / 10**DIGITS))
