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


def average_precision(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean precision over the positive images, each taken where it is reached from above; NaN without a positive one.

    The area under the precision-recall curve as a sum of steps, without interpolation; equal scores are one step.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    _, rank = np.unique(-scores, return_inverse=True)
    hits = np.bincount(rank, weights=weights * positive)
    called = np.cumsum(np.bincount(rank, weights=weights))
    if not hits.sum():
        return float("nan")
    precision = np.cumsum(hits) / np.maximum(called, 1e-12)
    return float((hits * precision).sum() / hits.sum())


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """Positive and negative predictive value at a prevalence (Bayes); NaN where nothing is called so."""
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    true_negative, false_negative = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
    called, left = true_positive + false_positive, true_negative + false_negative
    nan = float("nan")
    return (true_positive / called if called else nan, true_negative / left if left else nan)


def brier(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean squared difference between probability and truth: 0 is perfect, 0.25 is always saying 0.5."""
    weights = np.ones(len(scores)) if weights is None else weights
    return float(np.average((scores - positive) ** 2, weights=weights)) if weights.sum() else float("nan")


def calibration_error(
    positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None, bins: int = 10
) -> float:
    """Expected calibration error: |share positive - mean probability| over equal bins of probability, by their weight.

    Guo et al., ICML 2017.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gap = np.bincount(place, weights=weights * (positive - scores.astype(float)), minlength=bins)
    return float(np.abs(gap).sum() / weights.sum()) if weights.sum() else float("nan")


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
