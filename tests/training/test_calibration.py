"""Calibration moves probabilities to what was observed, and no picture past another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.calibration import Calibration
from training import metrics
from training.calibration import fit_calibration


def two(scores: np.ndarray) -> np.ndarray:
    return np.stack([1 - scores, scores], axis=1).astype(np.float32)


def overconfident(count: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose log odds are twice the true ones plus 1, and what happened."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, count)
    happened = rng.random(count) < 1 / (1 + np.exp(-odds))
    return 1 / (1 + np.exp(-(2 * odds + 1))), happened


def test_what_was_put_in_is_found_again() -> None:
    scores, happened = overconfident(20000)
    found = fit_calibration(two(scores), happened.astype(int), 1)
    assert found is not None
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.shift == pytest.approx(-0.5, abs=0.05)


def test_calibration_error_falls_and_the_order_stays() -> None:
    scores, happened = overconfident()
    found = fit_calibration(two(scores), happened.astype(int), 1)
    assert found is not None
    after = found.applied(two(scores), 1)[:, 1]
    assert metrics.calibration_error(happened, scores) > 0.1
    assert metrics.calibration_error(happened, after) < 0.03
    assert metrics.brier(happened, after) < metrics.brier(happened, scores)
    assert metrics.auc(happened, after) == pytest.approx(metrics.auc(happened, scores), abs=1e-6)


@given(st.floats(0.2, 5), st.floats(-3, 3), st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20), st.integers(0, 1))
def test_what_was_applied_can_be_undone(slope: float, shift: float, scores: list[float], positive: int) -> None:
    chances = two(np.array(scores))
    calibration = Calibration("platt", slope, shift)
    applied = calibration.applied(chances, positive)
    assert applied.sum(axis=1) == pytest.approx(np.ones(len(scores)))
    middle = ((applied > 1e-3) & (applied < 1 - 1e-3)).all(axis=1)
    assert calibration.undone(applied, positive)[middle] == pytest.approx(chances[middle], abs=2e-3)


def test_a_set_without_errors_asks_for_no_certainty() -> None:
    scores = np.array([0.9] * 20 + [0.1] * 20)
    found = fit_calibration(two(scores), (scores > 0.5).astype(int), 1)
    assert found is not None
    assert found.applied(two(scores), 1)[0, 1] == pytest.approx(21 / 22, abs=1e-3)  # Platt's target for 20 of 20


def test_scores_that_go_the_wrong_way_are_left_alone() -> None:
    scores, happened = overconfident()
    assert fit_calibration(two(1 - scores), happened.astype(int), 1) is None
    assert fit_calibration(two(scores), np.ones(len(scores), int), 1) is None


def test_three_classes_get_a_temperature() -> None:
    rng = np.random.default_rng(0)
    logs = rng.normal(0, 1.5, (6000, 3))
    true = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    labels = (true.cumsum(axis=1) > rng.random((6000, 1))).argmax(axis=1)
    sharp = true**3 / (true**3).sum(axis=1, keepdims=True)
    found = fit_calibration(sharp.astype(np.float32), labels, 0)
    assert found is not None
    assert found.method == "temperature"
    assert found.slope == pytest.approx(1 / 3, abs=0.02)
    assert (found.applied(sharp, 0).argmax(axis=1) == sharp.argmax(axis=1)).all()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"method": "platt"},
        {"method": "magic", "slope": 1},
        {"method": "platt", "slope": 0, "shift": 0},
        {"method": "platt", "slope": "NaN", "shift": 0},
        {"method": "temperature", "slope": 1, "shift": 2},
    ],
)
def test_a_calibration_that_is_not_ours_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Calibration.from_dict(values)
