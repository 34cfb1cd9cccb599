"""Figures of merit against their definitions, and intervals that hold patients together."""

from __future__ import annotations

import math
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import metrics
from training.compare import compared, mcnemar
from training.data import DataSet, LabelledImage
from training.errors import WorkshopError
from training.figures import OF_SCORES, measured
from training.operating_points import choose_operating_points

cases = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=2, max_size=60)


def arrays(pairs: list[tuple[bool, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p for p, _ in pairs]), np.array([s / 10 for _, s in pairs], np.float32)


@given(cases)
def test_auc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[bool, int]]) -> None:
    truth, scores = arrays(pairs)
    above = [(p > n) + (p == n) / 2 for p in scores[truth] for n in scores[~truth]]
    found = metrics.auc(truth, scores)
    assert math.isnan(found) if not above else found == pytest.approx(np.mean(above))


@given(cases, st.integers(0, 99))
def test_weights_count_an_image_as_often_as_they_say(pairs: list[tuple[bool, int]], seed: int) -> None:
    truth, scores = arrays(pairs)
    weights = np.random.default_rng(seed).integers(0, 4, len(truth))
    repeated = np.repeat(np.arange(len(truth)), weights)
    called = scores >= 0.5
    for found, expected in (
        (
            metrics.auc(truth, scores, weights),
            metrics.auc(truth[repeated], scores[repeated]) if len(repeated) else math.nan,
        ),
        (metrics.accuracy(truth, called, weights), metrics.accuracy(truth[repeated], called[repeated])),
        (metrics.sensitivity(truth, called, weights), metrics.sensitivity(truth[repeated], called[repeated])),
        (metrics.specificity(truth, called, weights), metrics.specificity(truth[repeated], called[repeated])),
    ):
        assert found == pytest.approx(expected, nan_ok=True)


def test_the_four_counts_give_the_three_shares() -> None:
    truth = np.array([True] * 4 + [False] * 6)
    called = np.array([True, True, True, False] + [True] + [False] * 5)
    assert metrics.sensitivity(truth, called) == 3 / 4
    assert metrics.specificity(truth, called) == 5 / 6
    assert metrics.accuracy(truth, called) == 8 / 10


def test_an_interval_by_patient_is_wider_than_one_by_image() -> None:
    rng = np.random.default_rng(0)
    hits = np.repeat(rng.random(40) < 0.7, 10)
    alike = np.arange(400) // 10
    alone = np.arange(400)
    low, high = metrics.interval_by_patient(partial(metrics.share, hits), alike, draws=500)
    inner_low, inner_high = metrics.interval_by_patient(partial(metrics.share, hits), alone, draws=500)
    assert low <= hits.mean() <= high
    assert high - low > 2 * (inner_high - inner_low)


def test_no_miss_among_few_patients_is_no_certainty() -> None:
    assert metrics.certain_bound(36) == pytest.approx(0.9026, abs=1e-4)  # the exact interval for 36 of 36
    truth = np.array([True] * 36 + [False] * 4)
    images = [LabelledImage(Path(f"{i}"), f"{i}", "AB"[int(sick)], f"p{i}", "") for i, sick in enumerate(truth)]
    data = DataSet(tuple(images), ("A", "B"))
    found = measured(data, ("A", "B"), "B", both_chances(np.where(truth, 0.9, 0.1)), None)["at_half"]
    assert found["sensitivity"] == {"value": 1.0, "low": 0.9026, "high": 1.0}
    assert found["specificity"]["low"] == pytest.approx(0.3976, abs=1e-4)


def test_an_interval_is_the_textbook_s() -> None:
    hits = np.array([True] * 80 + [False] * 20)
    low, high = metrics.interval_by_patient(partial(metrics.share, hits), np.arange(100))
    assert low == pytest.approx(0.8 - 1.96 * 0.04, abs=0.015)
    assert high == pytest.approx(0.8 + 1.96 * 0.04, abs=0.015)


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=80),
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=80),
    st.sampled_from([0.9, 0.95, 0.98, 1.0]),
)
def test_both_operating_points_reach_their_aims(sick: list[float], well: list[float], aim: float) -> None:
    truth = np.array([True] * len(sick) + [False] * len(well))
    scores = np.array(sick + well, np.float32)
    points = choose_operating_points(truth, scores, aim, aim)
    assert 0 <= points.thresholds.sensitive <= points.thresholds.specific <= 1
    assert metrics.sensitivity(truth, scores >= points.thresholds.sensitive) >= aim
    if points.thresholds.specific < 1:
        assert metrics.specificity(truth, scores >= points.thresholds.specific) >= aim


def test_a_network_without_doubt_still_has_two_points_in_order() -> None:
    points = choose_operating_points(np.array([True] * 50 + [False] * 50), np.repeat([0.9, 0.1], 50))
    assert points.crossed
    assert points.thresholds.sensitive < points.thresholds.specific
    assert "reaches both aims" in points.told()


def test_operating_points_need_both_classes() -> None:
    with pytest.raises(WorkshopError):
        choose_operating_points(np.array([True, True]), np.array([0.5, 0.6]))


def both_chances(scores: np.ndarray) -> np.ndarray:
    return np.stack([1 - scores, scores], axis=1).astype(np.float32)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])), min_size=1, max_size=30))
def test_average_precision_is_the_mean_precision_at_each_positive(rows: list[tuple[bool, float]]) -> None:
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = metrics.average_precision(truth, scores)
    if not truth.any():
        assert np.isnan(found)
        return
    precisions = [truth[scores >= score].mean() for score in scores[truth]]
    assert found == pytest.approx(np.mean(precisions))


def test_predictive_values_follow_the_prevalence() -> None:
    assert metrics.predictive_values(0.9, 0.8, 0.5) == pytest.approx((0.45 / 0.55, 0.4 / 0.45))
    assert metrics.predictive_values(0.9, 0.8, 0.01)[0] == pytest.approx(0.009 / (0.009 + 0.198))
    positive, negative = metrics.predictive_values(0.0, 1.0, 0.3)
    assert np.isnan(positive)
    assert negative == pytest.approx(0.7)


@given(cases, st.sampled_from([0.5, 0.8, 0.95, 1.0]))
def test_sensitivity_at_a_specificity_is_the_best_of_all_thresholds(pairs: list[tuple[bool, int]], aim: float) -> None:
    truth, scores = arrays(pairs)
    found = metrics.sensitivity_at(truth, scores, aim=aim), metrics.specificity_at(truth, scores, aim=aim)
    if truth.all() or not truth.any():
        assert all(map(math.isnan, found))
        return
    calls = [scores >= t for t in [*scores, 2]]
    both = [(metrics.sensitivity(truth, c), metrics.specificity(truth, c)) for c in calls]
    assert found[0] == pytest.approx(max(sens for sens, spec in both if spec >= aim - 1e-9))
    assert found[1] == pytest.approx(max(spec for sens, spec in both if sens >= aim - 1e-9))


@given(cases, st.integers(0, 99))
def test_many_draws_at_once_are_the_same_draws_one_by_one(pairs: list[tuple[bool, int]], seed: int) -> None:
    truth, scores = arrays(pairs)
    weights = np.random.default_rng(seed).integers(0, 3, (7, len(truth))).astype(float)
    for of in OF_SCORES.values():
        assert of(truth, scores, weights) == pytest.approx([of(truth, scores, row) for row in weights], nan_ok=True)


def test_draws_take_whole_patients_and_as_many_as_there_are() -> None:
    patients = np.array([7, 7, 8, 9, 9, 9])
    drawn = np.concatenate(list(metrics.drawn_weights(patients, 3, 50)))
    assert drawn.shape == (50, 6)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_curves_run_from_corner_to_corner() -> None:
    truth, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])
    false, found = metrics.roc(truth, scores)
    assert false.tolist() == [0, 0, 0.5, 0.5, 1]
    assert found.tolist() == [0, 0.5, 0.5, 1, 1]
    recall, precision = metrics.precision_recall(truth, scores)
    assert recall.tolist() == [0.5, 0.5, 1, 1]
    assert precision == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])


def test_brier_score_and_calibration_error_of_what_is_known() -> None:
    truth = np.array([True] * 70 + [False] * 30)
    assert metrics.brier(truth, np.full(100, 0.7)) == pytest.approx(0.21)
    assert metrics.calibration_error(truth, np.full(100, 0.7)) == pytest.approx(0, abs=1e-9)
    assert metrics.calibration_error(truth, np.full(100, 0.95)) == pytest.approx(0.25)
    assert metrics.calibration_error(truth, truth.astype(float)) == 0


def test_the_calibration_error_of_a_perfect_model_is_chance_and_falls_with_the_number_of_images() -> None:
    scores = np.random.default_rng(1).random(4000)
    few, many = (
        metrics.calibration_error_by_chance(scores[:250]),
        metrics.calibration_error_by_chance(scores, draws=200),
    )
    assert few[1] < few[0] < few[2]
    assert few[0] / many[0] == pytest.approx(4, rel=0.15)  # a sixteenth of the images
    assert metrics.calibration_error_by_chance((scores > 0.5).astype(float)) == (0, 0, 0)


def test_chance_is_drawn_without_memory_for_all_draws() -> None:
    tracemalloc.start()
    metrics.calibration_error_by_chance(np.full(50_000, 0.5), draws=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000 * 100 * 8 / 2


def three_classes() -> tuple[DataSet, np.ndarray]:
    labels = ["A"] * 6 + ["B"] * 6 + ["C"] * 6
    images = tuple(
        LabelledImage(Path(f"{i}"), f"{i}", label, f"p{i}", f"{i}", {"machine": "X" if i % 2 else "Y", "dose": str(i)})
        for i, label in enumerate(labels)
    )
    chances = np.full((18, 3), 0.1, np.float32)
    chances[np.arange(18), [0] * 6 + [1] * 6 + [2] * 5 + [1]] = 0.8
    return DataSet(images, ("A", "B", "C")), chances


def test_more_than_two_classes_have_a_table_of_what_was_called_what() -> None:
    data, chances = three_classes()
    found = measured(data, data.classes, "C", chances, None)
    assert found["classes"]["confusion"]["C"] == {"A": 0, "B": 1, "C": 5}
    assert found["classes"]["accuracy"]["value"] == pytest.approx(17 / 18, abs=1e-4)
    assert found["classes"]["sensitivity"]["C"]["value"] == pytest.approx(5 / 6, abs=1e-4)
    assert found["classes"]["macro_auc"]["value"] == pytest.approx(
        (1 + 1 + found["classes"]["auc"]["C"]["value"]) / 3, abs=0.03
    )
    assert found["at_half"]["sensitivity"]["value"] == pytest.approx(5 / 6, abs=1e-4)


def test_figures_of_every_group_that_is_one() -> None:
    data, chances = three_classes()
    groups = measured(data, data.classes, "C", chances, None)["groups"]
    assert {kind: group["images"] for kind, group in groups["machine"].items()} == {"X": 9, "Y": 9}
    assert groups["machine"]["Y"]["auc"]["value"] == 1.0
    assert groups["machine"]["Y"]["sensitivity"] == {"value": 1.0, "low": 0.2924, "high": 1.0}  # 3 of 3: 0.025 ** (1/3)
    assert groups["dose"]["3"] == {"images": 1, "positive": 0, "called_at_half": None, "auc": None}


def test_two_models_are_compared_on_the_same_images() -> None:
    truth = np.array([True, False] * 40)
    good, bad = np.where(truth, 0.9, 0.1), np.where(truth, 0.6, 0.55)
    patients, names = np.arange(80), [str(i) for i in range(80)]
    found = compared(truth, patients, names, bad, good)
    assert found["difference"]["accuracy"]["value"] == 0.5
    assert found["difference"]["specificity"]["value"] == 1.0
    assert found["mcnemar"] == {"only_first_right": 0, "only_second_right": 40, "p": 0.0}
    assert len(found["furthest_apart"]) == 20
    assert found["furthest_apart"][0]["second"] == 0.1
    same = compared(truth, patients, names, good, good)
    assert same["difference"]["auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert same["mcnemar"]["p"] == 1.0


@pytest.mark.parametrize(("one", "other", "p"), [(0, 5, 0.0625), (5, 0, 0.0625), (3, 3, 1.0), (1, 9, 0.021484)])
def test_mcnemar_is_the_exact_binomial_test(one: int, other: int, p: float) -> None:
    assert mcnemar(one, other) == pytest.approx(p, abs=1e-6)


def test_a_predictive_value_without_a_miss_is_no_certainty_either() -> None:
    truth = np.array([True] * 36 + [False] * 40)
    images = [LabelledImage(Path(f"{i}"), f"{i}", "AB"[int(sick)], f"p{i}", "") for i, sick in enumerate(truth)]
    scores = np.where(truth, 0.9, 0.1)
    scores[-4:] = 0.8
    found = measured(DataSet(tuple(images), ("A", "B")), ("A", "B"), "B", both_chances(scores), None, (0.2,))
    own, fifth = (at["at_half"] for at in found["predictive_values"])
    assert own["positive"]["value"] == 0.9
    assert (own["negative"]["value"], own["negative"]["high"]) == (1.0, 1.0)
    assert fifth["negative"]["low"] == pytest.approx(0.9 * 0.8 / (0.9 * 0.8 + (1 - 0.9026) * 0.2), abs=1e-3)
