"""Figures of merit and their intervals; numpy only. Scores are the probability of the positive class, in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def auc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the ROC curve: the chance that a positive image scores above a negative one, ties counting half.

    Args:
        positive: bool (N,). scores: float (N,). weights: how often each image counts, (N,); once where absent.
    Returns: 0 to 1, or NaN where one of the two kinds is missing.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    if not len(scores):
        return float("nan")
    _, rank = np.unique(scores, return_inverse=True)
    above = np.bincount(rank, weights=weights * positive)
    below = np.bincount(rank, weights=weights * ~positive)
    pairs = above.sum() * below.sum()
    return float((above * (np.cumsum(below) - below / 2)).sum() / pairs) if pairs else float("nan")


def accuracy(positive: np.ndarray, called: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Share of the images called rightly."""
    return _share(positive == called, weights)


def sensitivity(positive: np.ndarray, called: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Share of the positive images called positive; NaN without any."""
    return _share(called[positive], None if weights is None else weights[positive])


def specificity(positive: np.ndarray, called: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Share of the negative images called negative; NaN without any."""
    return _share(~called[~positive], None if weights is None else weights[~positive])


def _share(hits: np.ndarray, weights: np.ndarray | None) -> float:
    weights = np.ones(len(hits)) if weights is None else weights
    total = weights.sum()
    return float((hits * weights).sum() / total) if total else float("nan")


def certain_bound(patients: int) -> float:
    """The lower end of the exact (Clopper-Pearson) 95 % interval where every one of `patients` is a hit.

    The bootstrap cannot see past the data: without a single miss its interval has no width.
    """
    return float(0.025 ** (1 / patients))


def interval_by_patient(
    figure: Callable[[np.ndarray], float], patients: Sequence[str], seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure, patients drawn with replacement (their images stay together).

    Args:
        figure: takes the weight of each image, (N,), and returns a number (NaN is left out).
        patients: the patient of each image.
    Returns: the 2.5th and 97.5th percentile; NaN twice where no draw gives a number.
    """
    _, patient = np.unique(np.asarray(patients), return_inverse=True)
    count = int(patient.max()) + 1
    rng = np.random.default_rng(seed)
    values = [figure(np.bincount(rng.integers(count, size=count), minlength=count)[patient]) for _ in range(draws)]
    numbers = [value for value in values if not np.isnan(value)]
    if not numbers:
        return float("nan"), float("nan")
    low, high = np.percentile(numbers, [2.5, 97.5])
    return float(low), float(high)
