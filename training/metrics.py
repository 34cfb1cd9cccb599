"""Figures of merit and their intervals; numpy only. Scores are the probability of the positive class, in [0, 1].

Every figure takes `weights`, how often each image counts: (N,), or (D, N) for D draws at once, or nothing (once each).
It answers with one number, or with (D,) of them; NaN where it can't be computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Numbers = Any  # a float, or float (D,)
Weights = np.ndarray | None


def auc(positive: np.ndarray, scores: np.ndarray, weights: Weights = None) -> Numbers:
    """Area under the ROC curve: the chance that a positive image scores above a negative one, ties counting half.

    Args:
        positive: bool (N,). scores: float (N,).
    Returns: 0 to 1, or NaN where one of the two kinds is missing.
    """
    above, below = _by_score(positive, scores, weights)
    pairs = above.sum(-1) * below.sum(-1)
    return _divided((above * (np.cumsum(below, -1) - below / 2)).sum(-1), pairs)


def accuracy(positive: np.ndarray, called: np.ndarray, weights: Weights = None) -> Numbers:
    """Share of the images called rightly."""
    return share(positive == called, weights)


def sensitivity(positive: np.ndarray, called: np.ndarray, weights: Weights = None) -> Numbers:
    """Share of the positive images called positive; NaN without any."""
    return share(called[positive], None if weights is None else weights[..., positive])


def specificity(positive: np.ndarray, called: np.ndarray, weights: Weights = None) -> Numbers:
    """Share of the negative images called negative; NaN without any."""
    return share(~called[~positive], None if weights is None else weights[..., ~positive])


def share(hits: np.ndarray, weights: Weights = None) -> Numbers:
    """The weighted mean of `hits` (N,)."""
    weights = _weighed(weights, len(hits))
    return _divided(weights @ hits.astype(float), weights.sum(-1))


def sensitivity_at(positive: np.ndarray, scores: np.ndarray, weights: Weights = None, aim: float = 0.95) -> Numbers:
    """The highest sensitivity that any threshold has whose specificity is at least `aim`."""
    found, false = _roc(positive, scores, weights)
    best: Numbers = np.where(1 - false >= aim - 1e-9, found, 0.0).max(-1)
    return _number(np.where(np.isnan(found + false).any(-1), np.nan, best))


def specificity_at(positive: np.ndarray, scores: np.ndarray, weights: Weights = None, aim: float = 0.95) -> Numbers:
    """The highest specificity that any threshold has whose sensitivity is at least `aim`."""
    found, false = _roc(positive, scores, weights)
    best: Numbers = np.where(found >= aim - 1e-9, 1 - false, 0.0).max(-1)
    return _number(np.where(np.isnan(found + false).any(-1), np.nan, best))


def average_precision(positive: np.ndarray, scores: np.ndarray, weights: Weights = None) -> Numbers:
    """Mean precision over the positive images, each taken where it is reached from above; NaN without a positive one.

    The area under the precision-recall curve as a sum of steps, without interpolation; equal scores are one step.
    """
    above, below = (kind[..., ::-1] for kind in _by_score(positive, scores, weights))
    called = np.cumsum(above + below, -1)
    precision = np.cumsum(above, -1) / np.maximum(called, 1e-12)
    return _divided((above * precision).sum(-1), above.sum(-1))


def predictive_values(sensitivity: Numbers, specificity: Numbers, prevalence: float) -> tuple[Numbers, Numbers]:
    """Positive and negative predictive value at a prevalence (Bayes); NaN where nothing is called so."""
    true_positive, false_positive = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    true_negative, false_negative = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
    return (
        _divided(true_positive, true_positive + false_positive),
        _divided(true_negative, true_negative + false_negative),
    )


def brier(positive: np.ndarray, scores: np.ndarray, weights: Weights = None) -> Numbers:
    """Mean squared difference between probability and truth: 0 is perfect, 0.25 is always saying 0.5."""
    return share((scores.astype(float) - positive) ** 2, weights)


def calibration_error(positive: np.ndarray, scores: np.ndarray, weights: Weights = None, bins: int = 15) -> Numbers:
    """Expected calibration error: |share positive - mean probability| over equal bins of probability, by their weight.

    Guo et al., ICML 2017 (fifteen bins). Few images make it large by chance: see `calibration_error_by_chance`.
    """
    weights = _weighed(weights, len(scores))
    place = np.minimum((scores * bins).astype(int), bins - 1)
    beyond = positive - scores.astype(float)
    gap = sum(np.abs(weights @ np.where(place == inside, beyond, 0.0)) for inside in range(bins))  # N x bins is large
    return _divided(gap, weights.sum(-1))


def calibration_error_by_chance(scores: np.ndarray, draws: int = 1000, seed: int = 0) -> tuple[float, float, float]:
    """What a perfectly calibrated model with these scores would show on so many images: mean, 2.5 and 97.5 %.

    Outcomes are drawn from the scores themselves ("consistency": Brocker and Smith, Weather and Forecasting 2007).
    """
    rng = np.random.default_rng(seed)  # one draw after another: all of them would be 8 KB an image
    errors = np.array([calibration_error(rng.random(len(scores)) < scores, scores) for _ in range(draws)])
    low, high = np.quantile(errors, (0.025, 0.975))
    return float(errors.mean()), float(low), float(high)


def roc(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ROC curve from (0, 0) to (1, 1): false positive share and sensitivity, one point per different score."""
    found, false = _roc(positive, scores, None)
    return np.append(0.0, false), np.append(0.0, found)


def precision_recall(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision, one point per different score, from the highest score down."""
    above, below = (kind[::-1].cumsum() for kind in _by_score(positive, scores, None))
    return above / max(above[-1], 1), above / (above + below)


def _roc(positive: np.ndarray, scores: np.ndarray, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Sensitivity and false positive share of the thresholds at every different score, from the highest down."""
    above, below = (np.cumsum(kind[..., ::-1], -1) for kind in _by_score(positive, scores, weights))
    with np.errstate(invalid="ignore"):
        return above / above[..., -1:], below / below[..., -1:]


def _by_score(positive: np.ndarray, scores: np.ndarray, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """The weight of the positive and of the negative images at each different score, ascending: (..., scores)."""
    weights = _weighed(weights, len(scores))
    if not len(scores):
        return np.zeros((*weights.shape[:-1], 1)), np.zeros((*weights.shape[:-1], 1))
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    sums = [np.add.reduceat((weights * kind)[..., order], starts, axis=-1) for kind in (positive, ~positive)]
    return sums[0], sums[1]


def _weighed(weights: Weights, count: int) -> np.ndarray:
    return np.ones(count) if weights is None else np.asarray(weights, float)


def _divided(part: Numbers, whole: Numbers) -> Numbers:
    whole = np.asarray(whole, float)
    return _number(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan))


def _number(values: np.ndarray) -> Numbers:
    return values if values.ndim else float(values)


def certain_bound(patients: int) -> float:
    """The lower end of the exact (Clopper-Pearson) 95 % interval where every one of `patients` is a hit.

    The bootstrap cannot see past the data: without a single miss its interval has no width.
    """
    return float(0.025 ** (1 / patients))


DRAWN_AT_ONCE = 400_000  # weights, draws times images: 3 MB, so that memory does not grow with the number of images


def interval_by_patient(
    figure: Callable[[np.ndarray], Numbers], patients: np.ndarray, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure, patients drawn with replacement (their images stay together).

    Args:
        figure: takes weights (D, N), and returns (D,) numbers (NaN is left out).
        patients: the patient of each image, int (N,).
    Returns: the 2.5th and 97.5th percentile; NaN twice where no draw gives a number.
    """
    values = np.concatenate([np.atleast_1d(figure(weights)) for weights in drawn_weights(patients, seed, draws)])
    numbers = values[~np.isnan(values)]
    if not len(numbers):
        return float("nan"), float("nan")
    low, high = np.percentile(numbers, [2.5, 97.5])
    return float(low), float(high)


def drawn_weights(patients: np.ndarray, seed: int, draws: int) -> Iterator[np.ndarray]:
    """How often each image is in each draw of patients: float (some draws, N), until all draws are made."""
    _, patient = np.unique(patients, return_inverse=True)
    count, rng = int(patient.max()) + 1, np.random.default_rng(seed)
    some = max(1, DRAWN_AT_ONCE // len(patient))
    for start in range(0, draws, some):
        rows = min(some, draws - start)
        drawn = rng.integers(count, size=(rows, count)) + count * np.arange(rows)[:, np.newaxis]
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)[:, patient].astype(float)
