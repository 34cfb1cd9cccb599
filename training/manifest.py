"""The manifest of a run: what went in and what came out, one JSON file, written after every epoch."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.data import DataSet, Fold, Split, hashed_patient
from training.errors import WorkshopError
from training.identity import all_keyed, identity
from training.recipe import Recipe
from training.schedule import gains

FILE = "manifest.json"
SOFTWARE = ("keras", "tensorflow", "tensorflow-cpu", "jax", "numpy", "pillow", "pydicom", "imagecodecs")


@dataclass
class Manifest:
    """The facts of one run.

    Attributes:
        run: its folder.
        facts: recipe values, data, split (patients as salted hashes: keep the file where the data is), seed, software.
        history: one row per finished epoch.
    """

    run: Path
    facts: dict[str, Any]
    history: list[dict[str, Any]]

    @classmethod
    def start_or_resume(
        cls,
        run: Path,
        recipe: Recipe,
        data: DataSet,
        split: Split,
        positive: str,
        seed: int,
        fold: Fold | None = None,
    ) -> Manifest:
        """A new manifest, or the one in `run` where it belongs to the same recipe, data and seed."""
        facts = {
            "recipe": recipe.to_dict(),
            "data": described_data(data, positive),
            "seed": seed,
            "software": software_versions(),
            "split": described_split(data, split, secrets.token_hex(16)),
        } | ({"fold": str(fold)} if fold else {})
        if not (run / FILE).exists():
            run.mkdir(parents=True, exist_ok=True)
            return cls(run, facts, [])
        old = cls.open(run)
        for name in ("recipe", "data", "seed", "fold"):
            if old.facts.get(name) != json.loads(json.dumps(facts.get(name))):
                raise WorkshopError(f"{run} holds a run with another {name}; name another folder with --out.")
        return old

    @classmethod
    def open(cls, run: Path) -> Manifest:
        """The manifest of a run folder."""
        if not (run / FILE).is_file():
            raise WorkshopError(f"{run} is no run: it has no {FILE}.")
        facts = json.loads((run / FILE).read_text())
        return cls(run, facts, facts.pop("history"))

    def write(self) -> None:
        """Replace the file in one step, so that a killed run keeps its last finished epoch."""
        part = self.run / f"{FILE}.part"
        with part.open("w") as file:  # not as one text first: it holds a line per patient and picture
            json.dump(self.facts | {"history": self.history}, file, indent=1, default=list)
        part.replace(self.run / FILE)

    @property
    def fold(self) -> Fold | None:
        """Which part of a cross-validation this run is."""
        return Fold.read(self.facts["fold"]) if "fold" in self.facts else None

    @property
    def best(self) -> dict[str, Any]:
        """The row of the epoch that is kept: the first with the best validation figure of the recipe's choice."""
        if not self.history:
            raise WorkshopError(f"{self.run} has no finished epoch yet.")
        figures = list(gains(self.history, self.facts["recipe"]["best_by"]))
        return self.history[figures.index(max(figures))]

    def weights(self, row: dict[str, Any]) -> Path:
        """Where the network of an epoch is saved (kept for the best and the last)."""
        return self.run / f"epoch-{row['epoch']:02d}.keras"

    def keep_evaluation(self, found: dict[str, Any]) -> None:
        """Put the figures of one data set beside the manifest, under their name."""
        folder = self.run / "evaluations"
        folder.mkdir(exist_ok=True)
        (folder / f"{found['name']}.json").write_text(json.dumps(found, indent=1, allow_nan=False))

    def evaluations(self) -> dict[str, dict[str, Any]]:
        """Every kept evaluation by name; "validation" is of the run's own held-out patients."""
        paths = sorted((self.run / "evaluations").glob("*.json"))
        return {path.stem: json.loads(path.read_text()) for path in paths}

    def evaluation(self, name: str) -> dict[str, Any] | None:
        """The kept evaluation of that name."""
        return self.evaluations().get(name)


def refuse_unless_begun(run: Path) -> None:
    """WorkshopError where a folder holds neither a run nor a fold of one."""
    if not (run / FILE).exists() and not any(run.glob(f"fold-*/{FILE}")):
        raise WorkshopError(f"{run} holds no run to resume. Leave --resume away to begin one there.")


def described_data(data: DataSet, positive: str) -> dict[str, Any]:
    """Counts, classes and fingerprint of a data set."""
    return {
        "fingerprint": data.fingerprint,
        "images": len(data.images),
        "patients": len({image.patient for image in data.images}),
        "classes": {label: int(data.labelled(label).sum()) for label in data.classes},
        "positive": positive,
        "patients_unnamed": sum(image.patient.startswith("file:") for image in data.images),
    } | ({"patients_keyed": True} if all_keyed(data.images) else {})


class Hashes(Collection[str]):
    """Different hashes of 16 hex digits, sorted; a list of them would take five times the memory."""

    def __init__(self, hashes: Iterable[str]) -> None:
        self._packed = np.array(sorted(set(hashes)), dtype="S16")

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[str]:
        return (packed.decode() for packed in self._packed)

    def __contains__(self, hashed: object) -> bool:
        return isinstance(hashed, str) and bool((self._packed == hashed.encode()).any())


def described_split(data: DataSet, split: Split, salt: str) -> dict[str, Any]:
    """Both sides of a split: images by class, patients as salted hashes."""
    described: dict[str, Any] = {"by": "patient", "salt": salt}
    for side, indices in (("train", split.train), ("validation", split.validation)):
        part = data.only(indices)
        described[side] = {
            "images": {label: int(part.labelled(label).sum()) for label in data.classes},
            "fingerprint": part.fingerprint,
            "patients": Hashes(hashed_patient(image.patient, salt) for image in part.images),
        }
        if side == "train":  # for evaluate, which refuses to judge a network by whom it learned from
            described[side]["people"] = Hashes(hashed_patient(identity(image), salt) for image in part.images)
            described[side]["pictures"] = Hashes(hashed_patient(image.sha256, salt) for image in part.images)
    return described


def software_versions() -> dict[str, str]:
    """What the figures were made with: Python, the machine and the libraries that touch pixels or weights."""
    import keras

    versions = {"python": platform.python_version(), "machine": platform.machine(), "threads": str(os.cpu_count())}
    versions["backend"] = keras.backend.backend()
    for name in SOFTWARE:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
