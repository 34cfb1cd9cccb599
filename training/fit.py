"""Train one network from one recipe on one folder of images; everything the run needs to be understood lands in RUN."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import metrics
from training.batches import TrainingBatches, predict_in_batches
from training.cache import read_arrays
from training.data import DataSet, split_by_patient
from training.manifest import Manifest
from training.progress import Progress
from training.recipe import Recipe

PLATEAU_DELTA = 1e-4  # a smaller gain is none


def fit(
    recipe: Recipe, data: DataSet, positive: str, run: Path, cache: Path, seed: int, progress: Progress
) -> Manifest:
    """Train, watch the held-out patients, keep the best epoch; returns the finished manifest.

    Writes into `run`: manifest.json (after every epoch) and epoch-NN.keras of the best and the last epoch.
    A run folder that holds a manifest of the same data, recipe and seed is resumed; of others is refused.
    """
    split = split_by_patient(data, recipe.validation_share, seed)
    manifest = Manifest.start_or_resume(run, recipe, data, split, positive, seed)
    arrays = read_arrays(data, recipe.preprocessing, cache, progress)
    is_positive = data.labelled(positive)
    targets = (is_positive == (recipe.learns == "positive")).astype(np.float32)
    network = opened_network(recipe, manifest, seed)
    progress.say(f"{recipe.name}: {len(split.train)} images to learn from, {len(split.validation)} of other patients")
    for epoch in range(len(manifest.history), recipe.epochs):
        started = time.monotonic()
        seed_dropout(network, seed, epoch)
        batches = TrainingBatches(arrays, targets, split.train, recipe.augmentation, recipe.batch_size, seed, epoch)
        learned = network.fit(batches, shuffle=False, verbose=0, callbacks=[StepBar(progress, epoch, recipe.epochs)])
        answers = predict_in_batches(network, arrays, split.validation, recipe.batch_size)
        row = {"epoch": epoch + 1, "rate": float(network.optimizer.learning_rate)}
        row |= {f"train_{name}": float(values[-1]) for name, values in learned.history.items()}
        row |= validation_figures(is_positive[split.validation], answers, recipe.learns)
        manifest.history.append(row | {"seconds": round(time.monotonic() - started, 1)})
        network.optimizer.learning_rate = next_rate(recipe, manifest.history)
        keep_epoch(network, manifest)
        progress.say("  ".join(f"{name} {value:.4g}" for name, value in manifest.history[-1].items()))
    return manifest


def opened_network(recipe: Recipe, manifest: Manifest, seed: int) -> keras.Model:
    """A fresh network with seeded weights, or the one of the last finished epoch with its optimizer."""
    if manifest.history:
        return keras.saving.load_model(manifest.weights(manifest.history[-1]))
    keras.utils.set_random_seed(seed)
    network = recipe.build_model()
    network.compile(
        optimizer=keras.optimizers.get(
            {"class_name": recipe.optimizer, "config": {"learning_rate": recipe.learning_rate}}
        ),
        loss=recipe.loss,
        metrics=["accuracy"],
        # On a CPU, TensorFlow's just-in-time compilation made a step ten times slower; JAX cannot do without.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    return network


def seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Start every random layer from (seed, epoch): Keras saves no dropout state, and a resumed run must go on alike."""
    for place, layer in enumerate(network.layers):
        if isinstance(layer, keras.layers.Dropout):
            state = np.random.default_rng((seed, epoch, place)).integers(2**31, size=2)
            layer.seed_generator.state.assign(state.astype(np.uint32))


def validation_figures(is_positive: np.ndarray, answers: np.ndarray, learns: str) -> dict[str, float]:
    """Accuracy at 0.5, AUC and cross-entropy on the held-out patients."""
    scores = answers if learns == "positive" else 1 - answers
    right = np.clip(np.where(is_positive, scores, 1 - scores), 1e-7, 1)
    return {
        "validation_accuracy": metrics.accuracy(is_positive, scores >= 0.5),
        "validation_auc": metrics.auc(is_positive, scores),
        "validation_loss": float(-np.log(right).mean()),
    }


def next_rate(recipe: Recipe, history: list[dict[str, Any]]) -> float:
    """The learning rate after these epochs: lowered whenever `plateau_patience` epochs in a row brought nothing."""
    rate, best, waited = recipe.learning_rate, -np.inf, 0
    for row in history:
        value = row[f"validation_{recipe.plateau_watches}"]
        better = value > best + PLATEAU_DELTA
        best, waited = (value, 0) if better else (best, waited + 1)
        if waited == recipe.plateau_patience:
            rate, waited = max(rate * recipe.plateau_factor, recipe.plateau_floor), 0
    return rate


def keep_epoch(network: keras.Model, manifest: Manifest) -> None:
    """Save the network, then the manifest that names it, then drop what is neither the best nor the last."""
    last = manifest.history[-1]
    network.save(manifest.weights(last))
    manifest.write()
    kept = {manifest.weights(last), manifest.weights(manifest.best)}
    for path in manifest.run.glob("epoch-*.keras"):
        if path not in kept:
            path.unlink()


class StepBar(keras.callbacks.Callback):  # type: ignore[misc]  # Keras brings no types
    """The steps of one epoch on the terminal, with rate and time left."""

    def __init__(self, progress: Progress, epoch: int, epochs: int) -> None:
        super().__init__()
        self.progress, self.what = progress, f"epoch {epoch + 1} of {epochs}"

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Put the bar up."""
        self.steps = self.progress.steps(self.params["steps"], self.what)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Move it on."""
        self.steps.advance()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Take it down."""
        self.steps.close()
