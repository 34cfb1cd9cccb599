"""One epoch of batches: order, pictures and labels; Keras asks for them from its own threads."""

from __future__ import annotations

import math

import keras
import numpy as np

from training.augment import Augmentation

WORKERS = 2  # Pillow and numpy release the interpreter lock, so two threads keep ahead of the network


class TrainingBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras brings no types
    """Batches of one epoch, in an order and with an augmentation that (seed, epoch) alone decide.

    Args:
        arrays: uint8 (N, H, W, 1), a memory map. targets: float32 (N,). indices: the images of this side of the split.
    """

    def __init__(
        self,
        arrays: np.ndarray,
        targets: np.ndarray,
        indices: np.ndarray,
        augmentation: Augmentation,
        batch_size: int,
        seed: int,
        epoch: int,
    ) -> None:
        super().__init__(workers=WORKERS, max_queue_size=8)
        self.arrays, self.targets, self.augmentation = arrays, targets, augmentation
        self.batch_size, self.seed, self.epoch = batch_size, seed, epoch
        self.order = np.random.default_rng((seed, epoch)).permutation(indices)

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        pictures = [self.augmentation(self.arrays[i], self.seed, self.epoch, int(i)) for i in chosen]
        return np.stack(pictures), self.targets[chosen, np.newaxis]


def predict_in_batches(network: keras.Model, arrays: np.ndarray, indices: np.ndarray, batch_size: int) -> np.ndarray:
    """The network's raw answers, float32 (len(indices),), without augmentation."""
    parts = [indices[start : start + batch_size] for start in range(0, len(indices), batch_size)]
    return np.concatenate([np.asarray(network.predict_on_batch(arrays[part]))[:, 0] for part in parts])
