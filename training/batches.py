"""One epoch of batches: order, pictures, labels and weights, decided by (seed, epoch, batch) alone."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.augment import with_look_of
from training.recipe import Recipe

WORKERS = 2  # Pillow and numpy release the interpreter lock, so two threads keep ahead of the network
AHEAD = 6  # batches that wait at most: memory stays that of a few batches

Batch = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class TrainingBatches:
    """The batches of one epoch; any of them can be asked for on its own.

    Attributes:
        arrays: uint8 (N, H, W, 1), a memory map.
        targets: float32 (N, outputs): what the network should answer.
        labels: int (N,), the class of each image.
        indices: the images of the training side of the split.
        teacher: says of the pictures as they are shown what the network should answer, instead of `targets`.
    """

    recipe: Recipe
    arrays: np.ndarray
    targets: np.ndarray
    labels: np.ndarray
    indices: np.ndarray
    seed: int
    epoch: int
    teacher: Callable[[np.ndarray], np.ndarray] | None = None

    def __len__(self) -> int:
        return math.ceil(len(self.indices) / self.recipe.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        """In order, made a few ahead by threads."""
        order = self.order()
        with ThreadPoolExecutor(WORKERS) as threads:
            waiting: deque[Any] = deque()
            for step in range(len(self)):
                waiting.append(threads.submit(self.batch, order, step))
                if len(waiting) > AHEAD:
                    yield self._taught(waiting.popleft().result())
            while waiting:
                yield self._taught(waiting.popleft().result())

    def _taught(self, batch: Batch) -> Batch:
        """The teacher is asked by the thread that trains: one network at a time."""
        pictures, targets, weights = batch
        return pictures, self.teacher(pictures) if self.teacher else targets, weights

    def order(self) -> np.ndarray:
        """The images of this epoch, each once; with balanced batches each class equally often."""
        draw = np.random.default_rng((self.seed, self.epoch))
        if self.recipe.balance != "batches":
            return draw.permutation(self.indices)
        groups = [self.indices[self.labels[self.indices] == label] for label in np.unique(self.labels[self.indices])]
        turns = math.ceil(len(self.indices) / len(groups))
        columns = [_repeated(draw, group, turns) for group in groups]
        return np.stack(columns, axis=1).reshape(-1)[: len(self.indices)]

    def batch(self, order: np.ndarray, step: int) -> Batch:
        """Pictures uint8 (B, H, W, 1), targets (B, outputs) and weights (B,)."""
        size = self.recipe.batch_size
        chosen = order[step * size : (step + 1) * size]
        shown = range(step * size, step * size + len(chosen))  # the place: a picture shown twice is changed twice
        augment = self.recipe.augmentation
        looks = self._looked_at(chosen, step)
        pictures = np.stack(
            [augment(look, self.seed, self.epoch, place) for look, place in zip(looks, shown, strict=True)]
        )
        targets, weights = self.targets[chosen], self._weights(chosen)
        if self.recipe.mixup:
            pictures, targets = self._mixed(pictures, targets, step)
        return pictures, self._smoothed(targets), weights

    def _looked_at(self, chosen: np.ndarray, step: int) -> Iterator[np.ndarray]:
        """The pictures as they are, or each with a share of the look of any other image of the training side."""
        if not self.recipe.style:
            yield from (self.arrays[i] for i in chosen)
            return
        draw = np.random.default_rng((self.seed, self.epoch, step, 2))
        others, shares = draw.choice(self.indices, len(chosen)), draw.uniform(0, self.recipe.style, len(chosen))
        for i, other, share in zip(chosen, others, shares, strict=True):
            yield with_look_of(self.arrays[i], self.arrays[other], share)

    def _weights(self, chosen: np.ndarray) -> np.ndarray:
        """1, or n / (classes * n of the class), so that each class weighs the same."""
        if self.recipe.balance != "weights":
            return np.ones(len(chosen), np.float32)
        counts = np.bincount(self.labels[self.indices])
        share = len(self.indices) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        weights: np.ndarray = share[self.labels[chosen]].astype(np.float32)
        return weights

    def _mixed(self, pictures: np.ndarray, targets: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Each picture with a share of another one of the batch, and its label likewise (Zhang 2018)."""
        draw = np.random.default_rng((self.seed, self.epoch, step, 1))
        other = draw.permutation(len(pictures))
        share = draw.uniform(0, self.recipe.mixup, len(pictures)).astype(np.float32)[:, np.newaxis]
        wide = share[:, :, np.newaxis, np.newaxis]
        mixed = np.rint(pictures * (1 - wide) + pictures[other] * wide).astype(np.uint8)
        return mixed, targets * (1 - share) + targets[other] * share

    def _smoothed(self, targets: np.ndarray) -> np.ndarray:
        spread = self.recipe.label_smoothing
        outputs = max(2, targets.shape[1])  # one sigmoid stands for two classes
        result: np.ndarray = (targets * (1 - spread) + spread / outputs).astype(np.float32)
        return result


def _repeated(draw: np.random.Generator, group: np.ndarray, times: int) -> np.ndarray:
    """`times` of the group, every image once before any comes again."""
    rounds = [draw.permutation(group) for _ in range(math.ceil(times / len(group)))]
    return np.concatenate(rounds)[:times]


def predict_in_batches(network: Any, arrays: np.ndarray, indices: np.ndarray, batch_size: int) -> np.ndarray:
    """The network's raw answers, float32 (len(indices), outputs), without augmentation."""
    parts = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    return np.concatenate([np.asarray(network.predict_on_batch(arrays[part])) for part in parts])
