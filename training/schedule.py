"""The learning rate of every step, and when training ends: from the recipe and the epochs so far, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from training.recipe import Recipe

PLATEAU_DELTA = 1e-4  # a smaller gain is none

History = Sequence[dict[str, Any]]


def rate_at(recipe: Recipe, history: History, step: int, steps: int) -> float:
    """The learning rate of one step of the next epoch."""
    if recipe.schedule == "cosine":
        done = (len(history) + step / steps) / recipe.epochs
        return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
    return rate_after(recipe, history) if recipe.schedule == "plateau" else recipe.learning_rate


def rate_after(recipe: Recipe, history: History) -> float:
    """Lowered whenever `plateau_patience` epochs in a row brought nothing."""
    rate, best, waited = recipe.learning_rate, -math.inf, 0
    for value in gains(history, recipe.plateau_watches):
        better = value > best + PLATEAU_DELTA
        best, waited = (value, 0) if better else (best, waited + 1)
        if waited == recipe.plateau_patience:
            rate, waited = max(rate * recipe.plateau_factor, recipe.plateau_floor), 0
    return rate


def is_over(recipe: Recipe, history: History) -> bool:
    """Whether all epochs are done, or `stop_patience` of them in a row brought no gain of `stop_delta`."""
    if len(history) >= recipe.epochs:
        return True
    if not recipe.stop_patience or recipe.best_by == "last":
        return False
    best, waited = -math.inf, 0
    for value in gains(history, recipe.best_by):
        better = value > best + recipe.stop_delta
        best, waited = (value, 0) if better else (best, waited + 1)
    return waited >= recipe.stop_patience


def gains(history: Iterable[dict[str, Any]], name: str) -> Iterable[float]:
    """A validation figure per epoch, turned so that more is better; the epoch's number for "last"."""
    for row in history:
        if name == "last":
            yield float(row["epoch"])
        else:
            yield float(row[f"validation_{name}"]) * (-1 if name == "loss" else 1)
