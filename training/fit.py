"""Train one network from one recipe on one data set; everything the run needs to be understood lands in RUN."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from inference.bundle import Output
from training import metrics
from training.batches import TrainingBatches, predict_in_batches
from training.cache import read_arrays
from training.data import DataSet, Fold, split_by_patient
from training.distill import Lesson, lesson_of_teacher
from training.leaks import check_leaks
from training.manifest import Manifest
from training.normalization import fuse_normalization
from training.optimizer import compile_network
from training.progress import Progress
from training.recipe import Recipe, output_of
from training.schedule import is_over, rate_at
from training.transfer import Stages


def fit(
    recipe: Recipe,
    data: DataSet,
    positive: str,
    run: Path,
    cache: Path,
    seed: int,
    progress: Progress,
    fold: Fold | None = None,
) -> Manifest:
    """Train, watch the held-out patients, keep the best epoch; returns the finished manifest.

    Writes into `run`: manifest.json (after every epoch) and epoch-NN.keras of the best and the last epoch.
    A run folder that holds a manifest of the same data, recipe and seed is resumed; of others is refused.
    """
    split = split_by_patient(data, recipe.validation_share, seed, fold)
    manifest = Manifest.start_or_resume(run, recipe, data, split, positive, seed, fold)
    arrays = read_arrays(data, recipe.preprocessing, cache, progress)
    if not manifest.history:
        check_leaks(data, arrays, split.train, split.validation)
    labels = np.array([data.classes.index(image.label) for image in data.images])
    output = output_of(recipe.to_dict(), data.classes, positive)
    lesson = Lesson(wanted_answers(output, data.classes, labels))
    if recipe.teacher:
        lesson = lesson_of_teacher(recipe, data, output, cache, progress)
    network, average = opened_network(recipe, manifest, data.classes, seed)
    stages = Stages(recipe, network, arrays, cache, progress)
    progress.say(f"{recipe.name}: {len(split.train)} images to learn from, {len(split.validation)} of other patients")
    while not is_over(recipe, manifest.history):
        started, epoch = time.monotonic(), len(manifest.history)
        stage = stages.at(epoch)
        batches = stage.kind(stage.recipe, stage.shown, lesson.targets, labels, split.train, seed, epoch, lesson.shown)
        follow = partial(average.follow, network)
        row = {"epoch": epoch + 1, **learn_one_epoch(stage.learner, follow, batches, manifest.history, progress)}
        with average.shown_by(network):
            answers = predict_in_batches(stage.learner, stage.shown, split.validation, recipe.batch_size)
        row |= validation_figures(output, data.classes, positive, labels[split.validation], answers)
        manifest.history.append(row | {"seconds": round(time.monotonic() - started, 1)})
        keep_epoch(network, average, manifest)
        progress.say("  ".join(f"{name} {value:.4g}" for name, value in manifest.history[-1].items()))
    return manifest


def wanted_answers(output: Output, classes: tuple[str, ...], labels: np.ndarray) -> np.ndarray:
    """What a perfect network would answer, float32 (N, outputs)."""
    if output.kind == "softmax":
        answers: np.ndarray = np.eye(len(classes), dtype=np.float32)[labels]
    else:
        answers = (labels == classes.index(output.of)).astype(np.float32)[:, np.newaxis]
    return answers


class Average:
    """The moving average of a network's weights, or the weights themselves where the momentum is 0."""

    def __init__(self, network: keras.Model, momentum: float) -> None:
        self.momentum = momentum
        self.weights = network.get_weights() if momentum else []

    def follow(self, network: keras.Model) -> None:
        """One step of training was made."""
        for mean, now in zip(self.weights, network.get_weights() if self.momentum else [], strict=True):
            mean += (1 - self.momentum) * (now - mean)

    @contextmanager
    def shown_by(self, network: keras.Model) -> Iterator[None]:
        """The network answers with the average for a while."""
        if not self.momentum:
            yield
            return
        own = network.get_weights()
        network.set_weights(self.weights)
        try:
            yield
        finally:
            network.set_weights(own)

    def save(self, path: Path) -> None:
        """Beside the network's own weights."""
        if self.momentum:
            np.savez(path, *self.weights)

    def load(self, path: Path) -> None:
        """As it was saved."""
        if self.momentum:
            with np.load(path) as saved:
                self.weights = [saved[name] for name in saved.files]


def opened_network(
    recipe: Recipe, manifest: Manifest, classes: tuple[str, ...], seed: int
) -> tuple[keras.Model, Average]:
    """A fresh network with seeded weights, or the one of the last finished epoch with its optimizer."""
    if manifest.history:
        path = manifest.weights(manifest.history[-1])
        network = keras.saving.load_model(path)
        fuse_normalization(network)
        average = Average(network, recipe.average)
        average.load(average_path(path))
        return network, average
    keras.utils.set_random_seed(seed)
    network = recipe.new_network(classes)
    fuse_normalization(network)
    compile_network(network, recipe)
    return network, Average(network, recipe.average)


def learn_one_epoch(
    network: keras.Model,
    follow: Callable[[], None],
    batches: TrainingBatches,
    history: list[dict[str, Any]],
    progress: Progress,
) -> dict[str, float]:
    """Every batch once, `follow` after each; returns the last learning rate, the mean loss and accuracy."""
    seed_dropout(network, batches.seed, batches.epoch)
    sums: dict[str, float] = {}  # Keras counts each batch on its own here
    bar = progress.steps(len(batches), f"epoch {batches.epoch + 1} of {batches.recipe.epochs}")
    try:
        for step, (pictures, targets, weights) in enumerate(batches):
            network.optimizer.learning_rate = rate_at(batches.recipe, history, step, len(batches))
            learned = network.train_on_batch(pictures, targets, sample_weight=weights, return_dict=True)
            sums = {name: sums.get(name, 0.0) + float(value) * len(pictures) for name, value in learned.items()}
            follow()
            bar.advance()
    finally:
        bar.close()
    figures = {f"train_{name}": value / len(batches.indices) for name, value in sums.items()}
    return {"rate": float(network.optimizer.learning_rate), **figures}


def seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Start every random layer from (seed, epoch): Keras saves no dropout state, and a resumed run must go on alike."""
    for place, layer in enumerate(network._flatten_layers()):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            state = np.random.default_rng((seed, epoch, place)).integers(2**31, size=2)
            generator.state.assign(state.astype(np.uint32))


def validation_figures(
    output: Output, classes: tuple[str, ...], positive: str, labels: np.ndarray, answers: np.ndarray
) -> dict[str, float]:
    """Accuracy of the likeliest class, AUC of the positive class against the rest, cross-entropy."""
    chances = output.per_class(answers, classes)
    right = np.clip(chances[np.arange(len(labels)), labels], 1e-7, 1)
    is_positive = labels == classes.index(positive)
    return {
        "validation_accuracy": float((chances.argmax(axis=1) == labels).mean()),
        "validation_auc": metrics.auc(is_positive, chances[:, classes.index(positive)]),
        "validation_loss": float(-np.log(right).mean()),
    }


def average_path(weights: Path) -> Path:
    """Where the moving average of an epoch lies."""
    return weights.with_suffix(".average.npz")


def keep_epoch(network: keras.Model, average: Average, manifest: Manifest) -> None:
    """Save the network, then the manifest that names it, then drop what is neither the best nor the last."""
    last = manifest.weights(manifest.history[-1])
    network.save(last)
    average.save(average_path(last))
    manifest.write()
    kept = {last.stem, manifest.weights(manifest.best).stem}
    for path in manifest.run.glob("epoch-*"):
        if path.name.split(".")[0] not in kept:
            path.unlink()


def best_network(manifest: Manifest) -> keras.Model:
    """The network of the best epoch as it is judged and published: with the averaged weights where there are any."""
    path = manifest.weights(manifest.best)
    network = keras.saving.load_model(path, compile=False)
    average = Average(network, manifest.facts["recipe"].get("average", 0.0))
    if average.momentum:
        average.load(average_path(path))
        network.set_weights(average.weights)
    return network
