"""What a network is shown in one epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.augment import Augmentation
from training.batches import TrainingBatches
from training.recipe import find_recipe

N = 50
LABELS = np.array([0] * 10 + [1] * 40)
STILL = Augmentation(rotation=0, zoom=0, shift=0, flip=False)


def batches(epoch: int = 0, **changes: object) -> TrainingBatches:
    recipe = replace(find_recipe("cnn160"), **{"batch_size": 8, "augmentation": STILL, "output": "softmax"} | changes)
    arrays = np.broadcast_to(np.arange(N, dtype=np.uint8)[:, None, None, None] * 5, (N, 16, 16, 1))
    return TrainingBatches(recipe, arrays, np.eye(2, dtype=np.float32)[LABELS], LABELS, np.arange(N), 1, epoch)


def test_every_image_once_and_in_another_order_each_epoch() -> None:
    seen = [np.concatenate([pictures[:, 0, 0, 0] // 5 for pictures, *_ in batches(epoch)]) for epoch in (0, 0, 1)]
    assert sorted(seen[0]) == list(range(N))
    assert (seen[0] == seen[1]).all()
    assert (seen[0] != seen[2]).any()


def test_balanced_batches_show_each_class_equally_often() -> None:
    for pictures, targets, _ in batches(balance="batches"):
        assert abs(targets[:, 0].sum() - len(pictures) / 2) <= 0.5
    order = batches(balance="batches").order()
    assert len(order) == N
    assert len(set(order[LABELS[order] == 0])) == 10, "no image comes again before all of its class came"


def test_weights_give_each_class_the_same_say() -> None:
    said = [0.0, 0.0]
    for _, targets, weights in batches(balance="weights"):
        for label in (0, 1):
            said[label] += weights[targets[:, label] == 1].sum()
    assert np.allclose(said, [N / 2, N / 2])


def test_mixing_mixes_pictures_and_labels_by_the_same_share() -> None:
    first, mixed = batches(), batches(mixup=0.4)
    order = first.order()
    (plain, before, _), (pictures, after, _) = first.batch(order, 0), mixed.batch(order, 0)
    assert (plain != pictures).any()
    assert np.allclose(after.sum(axis=1), 1)
    assert after.max(axis=1).min() >= 0.6 - 1e-6
    assert (before.max(axis=1) == 1).all()


def test_smoothed_labels() -> None:
    _, targets, _ = batches(label_smoothing=0.1).batch(batches().order(), 0)
    assert np.allclose(np.sort(targets, axis=1), [0.05, 0.95])
