"""A step of training on this machine: batch normalisation as Keras spells it out, and in one pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.table import Table, median
from training.normalization import fuse_normalization
from training.optimizer import compile_network
from training.recipe import Recipe, find_recipe

RECIPES = ("cnn160", "sepconv224", "residual")
CLASSES = ("NORMAL", "PNEUMONIA")
ROUNDS = 8


def run() -> list[Table]:
    """One table: seconds of a batch, network and optimizer alone, the two ways in turn."""
    rows = []
    for name in RECIPES:
        recipe = find_recipe(name)
        spelt_out, one_pass = in_turn([step_of(recipe, fused=False), step_of(recipe, fused=True)])
        rows.append((name, recipe.batch_size, spelt_out, one_pass, spelt_out / one_pass))
    columns = ("recipe", "pictures a step", "Keras' own, s", "one pass, s", "times as fast")
    return [Table("A step of training", columns, rows, f"Medians of {ROUNDS} steps, the two in turn, after the first.")]


def step_of(recipe: Recipe, fused: bool) -> Callable[[], Any]:
    """A batch of noise to learn from, again and again."""
    network = recipe.new_network(CLASSES)
    if fused:
        fuse_normalization(network)
    compile_network(network, recipe)
    draw, count = np.random.default_rng(0), recipe.batch_size
    pictures = draw.integers(0, 255, (count, *network.input_shape[1:]), dtype=np.uint8)
    targets = np.eye(2, dtype=np.float32)[draw.integers(0, 2, count)][:, : network.output_shape[1]]
    return lambda: network.train_on_batch(pictures, targets)


def in_turn(steps: Sequence[Callable[[], Any]]) -> list[float]:
    """The median seconds of each."""
    for step in steps:
        step()  # the first one builds the graph
    seconds = [[_seconds(step) for step in steps] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*seconds, strict=True)]


def _seconds(step: Callable[[], Any]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began
