"""Something that gives the probability of the positive class: the best epoch of a run, or a bundle as it is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inference.bundle import FACTS, Bundle, Output, Thresholds
from inference.calibration import Calibration
from inference.preprocessing import Preprocessing
from inference.saliency import Evidence
from training.errors import WorkshopError
from training.manifest import FILE, Manifest
from training.recipe import output_of as recipe_output

BATCH = 32


@dataclass(frozen=True)
class Scorer:
    """A network with what is needed to ask it.

    Attributes:
        classes: in the order of a bundle. positive: the class whose probability `scores` gives.
        thresholds: the operating points, or None before a run has any.
        predict: probabilities, calibrated where `calibration` says so.
        evidence: for inference.saliency, which covers the picture patch by patch where there is none.
    """

    title: str
    classes: tuple[str, ...]
    positive: str
    preprocessing: Preprocessing
    thresholds: Thresholds | None
    predict: Callable[[np.ndarray], np.ndarray]
    calibration: Calibration | None = None
    evidence: Callable[[np.ndarray, str], Evidence | None] = lambda array, name: None

    def probabilities(self, arrays: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """uint8 (N, H, W, 1) -> float32 (N, classes), in the order of `classes`; only of the `chosen` places if given.

        A batch at a time: all chosen pictures of a map at once would be copied into memory.
        """
        places = np.arange(len(arrays)) if chosen is None else chosen
        parts = [self.predict(arrays[places[start : start + BATCH]]) for start in range(0, len(places), BATCH)]
        return np.concatenate(parts)

    def scores(self, arrays: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1) -> probability of the positive class, float32 (N,)."""
        return self.probabilities(arrays)[:, self.classes.index(self.positive)]


def open_scorer(path: Path) -> Scorer:
    """The bundle or run in a folder; WorkshopError where it is neither."""
    if (path / FACTS).exists():
        return scorer_of_bundle(Bundle.open(path))
    if (path / FILE).exists():
        return scorer_of_run(Manifest.open(path))
    raise WorkshopError(f"{path} is neither a run (it has no {FILE}) nor a bundle (it has no {FACTS}).")


def scorer_of_bundle(bundle: Bundle) -> Scorer:
    """Through the code that serves it; where Keras runs on another backend than TensorFlow, through Keras."""
    if not runs_on_tensorflow():
        return _scorer_of(bundle, _predict_by_keras(bundle))
    from inference.runtime import load_network

    network = load_network(bundle)
    return replace(_scorer_of(bundle, network.predict), evidence=network.evidence)


def _scorer_of(bundle: Bundle, predict: Callable[[np.ndarray], np.ndarray]) -> Scorer:
    return Scorer(
        title=f"{bundle.name} {bundle.version}",
        classes=bundle.classes,
        positive=bundle.positive,
        preprocessing=bundle.preprocessing,
        thresholds=bundle.thresholds,
        predict=predict,
        calibration=Calibration.from_dict(bundle.calibration),
    )


def _predict_by_keras(bundle: Bundle) -> Callable[[np.ndarray], np.ndarray]:
    import keras

    model = keras.saving.load_model(bundle.network_path, compile=False, safe_mode=True)
    return lambda batch: bundle.per_class(np.asarray(model.predict_on_batch(batch)))


def runs_on_tensorflow() -> bool:
    """Whether TensorFlow is what Keras calculates with in this process."""
    import keras

    return bool(keras.backend.backend() == "tensorflow")


def scorer_of_run(manifest: Manifest, calibrated: bool = True) -> Scorer:
    """The network of the run's best epoch; its own probabilities where they are not to be calibrated."""
    from training.fit import best_network

    model = best_network(manifest)
    output, classes = output_of(manifest), classes_of(manifest)
    positive = manifest.facts["data"]["positive"]
    calibration = calibration_of(manifest) if calibrated else None

    def predict(batch: np.ndarray) -> np.ndarray:
        chances = output.per_class(np.asarray(model.predict_on_batch(batch)), classes)
        return calibration.applied(chances, classes.index(positive)) if calibration else chances

    return Scorer(
        title=f"{manifest.run.name}, epoch {manifest.best['epoch']}",
        classes=classes,
        positive=positive,
        preprocessing=Preprocessing.from_dict(manifest.facts["recipe"]["preprocessing"]),
        thresholds=thresholds_of(manifest),
        predict=predict,
        calibration=calibration,
        evidence=partial(_evidence, model, output, classes),
    )


def _evidence(model: Any, output: Output, classes: tuple[str, ...], array: np.ndarray, name: str) -> Evidence | None:
    """A gradient where Keras runs on TensorFlow."""
    if not runs_on_tensorflow():
        return None
    from inference.runtime import class_evidence

    return class_evidence(model, output, classes, array, name)


def classes_of(manifest: Manifest) -> tuple[str, ...]:
    """The classes in the order of the bundle: alphabetical."""
    return tuple(sorted(manifest.facts["data"]["classes"]))


def output_of(manifest: Manifest) -> Output:
    """What the numbers that leave the network mean."""
    return recipe_output(manifest.facts["recipe"], classes_of(manifest), manifest.facts["data"]["positive"])


def thresholds_of(manifest: Manifest) -> Thresholds | None:
    """The operating points that `fit` chose at its end; None while it runs."""
    held_out: dict[str, Any] | None = manifest.evaluation("validation")
    return Thresholds(**held_out["thresholds"]) if held_out else None


def calibration_of(manifest: Manifest) -> Calibration | None:
    """What was fitted on the held-out patients; None while `fit` runs, and where it would not have helped."""
    held_out = manifest.evaluation("validation") or {}
    return Calibration.from_dict(held_out.get("calibration", {"method": "none"}))
