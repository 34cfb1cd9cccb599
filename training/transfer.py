"""Learning on the features of a network that was trained before: frozen first, then thawed in steps where asked.

While all of it is frozen, its features are computed once and kept on disk; the head learns on them, without
augmentation. From the first thawed layer on, the whole network learns on augmented pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inference.bundle import Bundle
from training.backbones import OWN_WORDS, is_bundle
from training.batches import Batch, TrainingBatches, predict_in_batches
from training.errors import WorkshopError
from training.optimizer import compile_network
from training.progress import Progress
from training.recipe import Recipe

FEATURES, HEAD = "features", "head"  # the two parts that build_model joins: pixels -> features -> head
BATCH = 32


@dataclass(frozen=True)
class TransferRecipe(Recipe):
    """A recipe whose network has two parts, "features" (frozen) and "head".

    Attributes:
        frozen_epochs: how long only the head learns, where anything is thawed later.
        thaw: how many of the last layers with weights thaw at each step; 0: none ever.
        thaw_every: epochs from one step to the next.
        thaw_rate: the learning rate is multiplied by this while anything is thawed.
    """

    frozen_epochs: int = 10
    thaw: int = 0
    thaw_every: int = 1000
    thaw_rate: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.thaw < 0 or self.frozen_epochs < 0 or self.thaw_every < 1 or self.thaw_rate <= 0:
            raise WorkshopError("thaw and frozen_epochs are not below 0, thaw_every and thaw_rate are above 0.")
        if self.mixup and not (self.thaw and self.frozen_epochs == 0):
            raise WorkshopError("mixup is for pictures: set thaw above 0 and frozen_epochs to 0, or mixup to 0.")

    def thawed_layers(self, epoch: int) -> int:
        """How many of the last layers learn in this epoch (counted from 0)."""
        if not self.thaw or epoch < self.frozen_epochs:
            return 0
        return self.thaw * (1 + (epoch - self.frozen_epochs) // self.thaw_every)

    def to_dict(self) -> dict[str, Any]:
        """As of any recipe; a folder or file of this machine is named by its content, not by its path."""
        values = super().to_dict()
        network = values["network"]
        if is_bundle(backbone := network.get("backbone", "")):
            bundle = Bundle.open(backbone)
            network["backbone"] = f"{bundle.name} {bundle.version} {bundle.sha256}"
        if network["weights"] not in OWN_WORDS and Path(network["weights"]).is_file():
            network["weights"] = f"sha256 {hashlib.sha256(Path(network['weights']).read_bytes()).hexdigest()}"
        return values

    def new_network(self, classes: tuple[str, ...]) -> Any:
        """As of any recipe; pictures must be prepared as the bundle was taught."""
        backbone = self.network.get("backbone", "")
        if is_bundle(backbone) and (taught := Bundle.open(backbone).preprocessing) != self.preprocessing:
            differing = {n: v for n, v in taught.to_dict().items() if self.preprocessing.to_dict()[n] != v}
            told = " ".join(f"--set preprocessing.{name}={value}" for name, value in differing.items())
            raise WorkshopError(f"{backbone} was taught on pictures prepared in another way: {told}")
        sized = {"side": self.preprocessing.height} if "side" in self.network else {}
        return Recipe.new_network(replace(self, network={**self.network, **sized}), classes)


def joined(pixels: Any, features: Any, head: Any, name: str) -> Any:
    """One network of a frozen part and a head, both of which it can be asked for by name."""
    import keras

    features.trainable = False
    return keras.Model(pixels, head(features(pixels)), name=name)


@dataclass(frozen=True)
class FeatureBatches(TrainingBatches):
    """Batches of kept features: as they are."""

    def batch(self, order: np.ndarray, step: int) -> Batch:
        """Features float32 (B, F), targets (B, outputs) and weights (B,)."""
        size = self.recipe.batch_size
        chosen = order[step * size : (step + 1) * size]
        return self.arrays[chosen], self._smoothed(self.targets[chosen]), self._weights(chosen)


@dataclass(frozen=True)
class Stage:
    """What learns, and on what, for some epochs.

    Attributes:
        learner: the whole network, or its head; compiled.
        shown: pictures uint8 (N, H, W, 1), or features float32 (N, F).
        recipe: with the learning rate of this stage.
        kind: of its batches.
        epochs: the epochs of this stage; the last stage has no end.
    """

    learner: Any
    shown: np.ndarray
    recipe: Recipe
    kind: type[TrainingBatches]
    epochs: range


@dataclass
class Stages:
    """The stages of one run; a recipe without transfer has one."""

    recipe: Recipe
    network: Any
    arrays: np.ndarray
    cache: Path
    progress: Progress
    _now: Stage | None = None

    def at(self, epoch: int) -> Stage:
        """The stage of this epoch (counted from 0); thaws what is to be thawed.

        A run that is resumed inside a stage has its optimizer; at the first epoch of a thawed one there is a new one.
        """
        if self._now is None or epoch not in self._now.epochs:
            self._now = self._entered(epoch)
        return self._now

    def _entered(self, epoch: int) -> Stage:
        recipe = self.recipe
        if not isinstance(recipe, TransferRecipe):
            return Stage(self.network, self.arrays, recipe, TrainingBatches, range(recipe.epochs))
        count = recipe.thawed_layers(epoch)
        same = [n for n in range(recipe.epochs) if recipe.thawed_layers(n) == count]
        epochs = range(same[0], same[-1] + 1)
        if not count:
            return self._on_features(epochs)
        if epoch == epochs.start:
            thaw_last(self.network, count)
            compile_network(self.network, recipe)
        slower = replace(recipe, learning_rate=recipe.learning_rate * recipe.thaw_rate)
        return Stage(self.network, self.arrays, slower, TrainingBatches, epochs)

    def _on_features(self, epochs: range) -> Stage:
        import keras

        part = self.network.get_layer(HEAD)
        head = keras.Model(part.input, part.output)  # not the part itself: its optimizer would be saved a second time
        compile_network(head, self.recipe, self.network.optimizer)  # one optimizer: it is saved with the network
        shown = kept_features(self.network.get_layer(FEATURES), self.arrays, self.cache, self.progress)
        return Stage(head, shown, self.recipe, FeatureBatches, epochs)


def thaw_last(network: Any, count: int) -> None:
    """Let the last `count` layers with weights learn; normalisation keeps the statistics it was taught with."""
    import keras

    features = network.get_layer(FEATURES)
    features.trainable = True
    layers = [layer for layer in leaves(features) if layer.weights]
    for place, layer in enumerate(layers):
        frozen = place < len(layers) - count or isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = not frozen


def leaves(network: Any) -> Iterator[Any]:
    """Every layer in order, those of networks inside included."""
    for layer in network.layers:
        if hasattr(layer, "layers"):
            yield from leaves(layer)
        else:
            yield layer


def kept_features(features: Any, arrays: np.ndarray, cache: Path, progress: Progress) -> np.ndarray:
    """Features of every picture, a read-only memory map float32 (N, ...); computed on the first call.

    The name is made of the pictures, the layers and the weights: others never find it.
    """
    named = Path(getattr(arrays, "filename", None) or "").name  # of the cache: it stands for data and preprocessing
    digest = hashlib.sha256(f"{named}{arrays.shape}{features.to_json()}".encode())
    for weight in features.get_weights():
        digest.update(weight.tobytes())
    path = cache / f"features-{digest.hexdigest()[:16]}.npy"
    if not path.exists():
        _compute(path, features, arrays, progress)
    kept: np.ndarray = np.load(path, mmap_mode="r")
    return kept


def _compute(path: Path, features: Any, arrays: np.ndarray, progress: Progress) -> None:
    part = path.with_suffix(".part")
    shape = (len(arrays), *features.output_shape[1:])
    try:
        kept = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
        starts = range(0, len(arrays), BATCH)
        for start in progress.track(starts, len(starts), "computing features"):
            places = np.arange(start, min(start + BATCH, len(arrays)))
            kept[places] = predict_in_batches(features, arrays, places, BATCH)
        kept.flush()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
