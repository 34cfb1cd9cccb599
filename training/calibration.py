"""Probabilities fitted to what was observed on held-out patients; inference.bundle applies the same numbers."""

from __future__ import annotations

import numpy as np

from inference.calibration import Calibration

__all__ = ["Calibration", "fit_calibration"]
STEPS = 200
SLOPES = (0.02, 50.0)  # flatter or steeper than this is no calibration but a network that says nothing


def fit_calibration(chances: np.ndarray, labels: np.ndarray, positive: int) -> Calibration | None:
    """Platt's slope and shift of the log odds (two classes), or one temperature (more); None where it would not help.

    Platt, Advances in Large Margin Classifiers 1999 (with his smoothed targets, so that a set without errors does not
    ask for certainty); Guo et al., ICML 2017.

    Args:
        chances: float (N, classes) of patients who taught the network nothing. labels: int (N,).
        positive: the place of the positive class.
    """
    if len(np.unique(labels)) < 2:
        return None
    if chances.shape[1] == 2:
        return _fitted_platt(chances[:, positive], labels == positive)
    return _fitted_temperature(chances, labels)


def _fitted_platt(scores: np.ndarray, truth: np.ndarray) -> Calibration | None:
    odds = Calibration.log_odds(scores)
    count = truth.sum(), (~truth).sum()
    target = np.where(truth, (count[0] + 1) / (count[0] + 2), 1 / (count[1] + 2))
    design = np.column_stack([odds, np.ones(len(odds))])
    values = np.array([1.0, 0.0])
    for _ in range(STEPS):  # Newton's method, halved while it makes the loss worse
        answer = 1 / (1 + np.exp(-design @ values))
        slope = design.T @ (answer - target)
        curve = design.T @ (design * (answer * (1 - answer))[:, np.newaxis]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        while _loss(design @ (values - step), target) > _loss(design @ values, target) + 1e-12:
            step /= 2
        values = values - step
        if np.abs(step).max() < 1e-9:
            break
    return Calibration("platt", float(values[0]), float(values[1])) if _sound(values[0]) else None


def _loss(odds: np.ndarray, target: np.ndarray) -> float:
    return float((np.logaddexp(0, odds) - target * odds).sum())


def _fitted_temperature(chances: np.ndarray, labels: np.ndarray) -> Calibration | None:
    """The slope (one over the temperature) with the least cross-entropy, by golden section on its logarithm."""
    low, high = np.log(SLOPES)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(STEPS):
        one, other = high - ratio * (high - low), low + ratio * (high - low)
        if _cross_entropy(chances, labels, np.exp(one)) < _cross_entropy(chances, labels, np.exp(other)):
            high = other
        else:
            low = one
        if high - low < 1e-9:
            break
    slope = float(np.exp((low + high) / 2))
    return Calibration("temperature", slope) if _sound(slope * 1.0001) and _sound(slope / 1.0001) else None


def _cross_entropy(chances: np.ndarray, labels: np.ndarray, slope: float) -> float:
    answer = Calibration("temperature", float(slope)).applied(chances, 0)
    return float(-np.log(np.maximum(answer[np.arange(len(labels)), labels], 1e-12)).mean())


def _sound(slope: float) -> bool:
    return bool(SLOPES[0] < slope < SLOPES[1])
