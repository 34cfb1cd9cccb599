"""How well the classes are told apart by numbers that have nothing to do with the disease."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training import metrics
from training.explore.look import STATISTICS
from training.explore.survey import Survey

ALONE = 0.75
"""AUC from which a number alone is worth a warning."""
SURE = 0.6  # what its lower 95 % bound must pass, so that a handful of images does not warn
VALUES_AT_MOST = 30  # of a column that may tell the classes
IMAGES_EACH = 10  # per value, on average: below, a column tells any classes apart
IGNORED = ("family",)  # read from the same names as the class
FOLDS = 5
RIDGE = 1e-2

Group = tuple[str, tuple[str, ...]]


def shortcuts_of(survey: Survey, group: Group) -> dict[str, Any] | None:
    """Each statistic and each column by class against the rest (the last class for two); None for a single class.

    Returns: "set", "statistics" and "columns": by name, by class: "auc" (0.5 to 1), "higher" (where), "low" (its 95 %
        bound); "together": by class, the AUC of all statistics at once.
    """
    title, parts = group
    rows = np.flatnonzero(survey.within(parts))
    labels = survey.labels[rows]
    classes = [survey.classes[i] for i in np.unique(labels)]
    if len(classes) < 2:
        return None
    asked = classes[-1:] if len(classes) == 2 else classes
    truths = {label: labels == survey.classes.index(label) for label in asked}
    values = survey.values[rows]
    return {
        "set": title,
        "classes": classes,
        "statistics": {
            name: {label: found for label, truth in truths.items() if (found := told_by(truth, column))}
            for name, column in zip(STATISTICS, values.T, strict=True)
        },
        "columns": _columns(survey, parts, asked),
        "together": {label: together(truth, values) for label, truth in truths.items()},
    }


def told_by(truth: np.ndarray, values: np.ndarray) -> dict[str, Any] | None:
    """The AUC of a number, turned so that it is 0.5 or more; None where the number is the same or missing everywhere.

    Args:
        truth: bool (N,). values: float (N,), NaN where it does not apply.
    """
    known = ~np.isnan(values)
    truth, values = truth[known], values[known]
    if truth.all() or not truth.any() or np.ptp(values) == 0:
        return None
    area = float(metrics.auc(truth, values))
    folded = max(area, 1 - area)
    return {
        "auc": round(folded, 4),
        "higher": area >= 0.5,
        "low": round(folded - 1.96 * margin(folded, int(truth.sum()), int((~truth).sum())), 4),
    }


def margin(area: float, positive: int, negative: int) -> float:
    """Standard error of an AUC (Hanley and McNeil, Radiology 1982)."""
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positive - 1) * (one - area**2) + (negative - 1) * (two - area**2)
    return float(np.sqrt(spread / (positive * negative)))


def is_shortcut(found: Mapping[str, Any]) -> bool:
    """Whether it tells the classes apart so well that a network may learn it instead."""
    return bool(found["auc"] > ALONE and found["low"] > SURE)


def _columns(survey: Survey, parts: Sequence[str], asked: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = {}
    for column, counts in survey.columns.items():
        some = Counter({(label, value): n for (part, label, value), n in counts.items() if part in parts})
        values = sorted({value for _, value in some})
        if column in IGNORED or not 2 <= len(values) <= VALUES_AT_MOST or some.total() < IMAGES_EACH * len(values):
            continue
        found[column] = {label: told for label in asked if (told := _told_by_value(some, values, label))}
    return found


def _told_by_value(counts: Mapping[tuple[str, str], int], values: Sequence[str], label: str) -> dict[str, Any] | None:
    """As `told_by`, each value ordered by the share of the class among its images."""
    ours = np.array([counts.get((label, value), 0) for value in values])
    all_of = np.array([sum(n for (_, v), n in counts.items() if v == value) for value in values])
    share = ours / all_of
    truth = np.concatenate([np.ones(ours.sum(), bool), np.zeros((all_of - ours).sum(), bool)])
    return told_by(truth, np.concatenate([np.repeat(share, ours), np.repeat(share, all_of - ours)]))


def together(truth: np.ndarray, values: np.ndarray) -> float | None:
    """AUC of a linear rule over the ranks of all statistics, each image judged by the folds it was not in.

    None where a class has too few images for it.
    """
    if min(truth.sum(), (~truth).sum()) < 2 * FOLDS:
        return None
    ranks = np.stack([_ranks(column) for column in values.T] + [np.full(len(truth), 1.0)], axis=1)
    fold = np.random.default_rng(0).permutation(len(truth)) % FOLDS
    scores = np.empty(len(truth))
    for one in range(FOLDS):
        here = fold == one
        scores[here] = ranks[here] @ _fitted(ranks[~here], truth[~here] - truth[~here].mean())
    return round(float(metrics.auc(truth, scores)), 4)


def _fitted(ranks: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    ridge = RIDGE * len(ranks) * np.eye(ranks.shape[1])
    weights: np.ndarray = np.linalg.solve(ranks.T @ ranks + ridge, ranks.T @ wanted)
    return weights


def _ranks(values: np.ndarray) -> np.ndarray:
    """-1 to 1 by order, equal values alike; 0 where the number does not apply."""
    known = ~np.isnan(values)
    found = np.zeros(len(values))
    if known.any():
        _, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - (counts + 1) / 2
        found[known] = 2 * middle[place] / max(1, known.sum() - 1) - 1
    return found


def shift_of(survey: Survey) -> dict[str, Any]:
    """How well each statistic tells one part from the first, in the class in which it does so best.

    Classes are never mixed nor averaged: what rises in one and falls in the other would look like no difference.
    """
    first = survey.groups()[0][1][0]
    found: dict[str, Any] = {}
    for part in survey.parts:
        if part.name != first:
            told = {name: _shift(survey, first, part.name, i) for i, name in enumerate(STATISTICS)}
            found[part.name] = {name: of for name, of in told.items() if of}
    return {"first": first, "parts": {name: of for name, of in found.items() if of}}


def _shift(survey: Survey, first: str, part: str, column: int) -> dict[str, Any] | None:
    ours, theirs = survey.within([first]), survey.within([part])
    by_class = []
    for place, label in enumerate(survey.classes):
        rows = (ours | theirs) & (survey.labels == place)
        if told := told_by(theirs[rows], survey.values[rows, column]):
            by_class.append(told | {"label": label})
    return max(by_class, key=lambda told: float(told["auc"]), default=None)
