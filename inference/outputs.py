"""What a network may answer: numbers from 0 to 1, in the shape that was asked for, that sum to 1 over the classes."""

from __future__ import annotations

import numpy as np

from inference.errors import OutputRejected

SUM_TOLERANCE = 1e-3


def check_numbers(numbers: np.ndarray, shape: tuple[int, int]) -> None:
    """Raise OutputRejected unless there are (pictures, numbers each) of them, finite and from 0 to 1."""
    if numbers.shape != shape:
        raise OutputRejected("output_rejected", found=f"shape {numbers.shape}")
    if not ((numbers >= 0) & (numbers <= 1)).all():  # NaN and infinity are neither
        raise OutputRejected("output_rejected", found="a number outside 0 to 1")


def check_probabilities(rows: np.ndarray, shape: tuple[int, int]) -> None:
    """The same, and every row sums to 1 within SUM_TOLERANCE."""
    check_numbers(rows, shape)
    if not (np.abs(rows.sum(axis=1) - 1) <= SUM_TOLERANCE).all():
        raise OutputRejected("output_rejected", found="probabilities that do not sum to 1")
