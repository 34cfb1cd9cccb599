"""Whether a model learned from the very patients that it is to be judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.bundle import FACTS, Bundle
from training.data import DataSet, hashed_patient
from training.errors import WorkshopError
from training.identity import REUSED, identity
from training.manifest import FILE, Manifest


@dataclass(frozen=True)
class Overlap:
    """What a data set shares with the training part of a model.

    Attributes:
        patients: who are in both. pictures: images with the bytes of a training image.
        names: patients whose name stands in training, whether or not it is the same person.
        known: False where the model does not say whom it learned from, but for the fingerprint of the whole set.
    """

    patients: int
    pictures: int
    names: int
    known: bool = True

    def told(self) -> dict[str, Any]:
        """As an evaluation holds it."""
        found: dict[str, Any] = {"taught_patients": self.names} if self.known else {"taught_unknown": True}
        if self.patients or self.pictures:
            found["even_taught"] = {"patients": self.patients, "pictures": self.pictures}
        return found


def overlap(model: Path, data: DataSet) -> Overlap:
    """What the set shares with the training part of the run or bundle in a folder."""
    if (model / FILE).exists():
        return overlap_with_run(Manifest.open(model), data)
    trained = Bundle.open(model).facts["data"] if (model / FACTS).exists() else {}
    if taught := trained.get("split", {}).get("taught"):
        return overlap_with_people(taught, data)
    same = trained.get("fingerprint") == data.fingerprint
    count = len({identity(image) for image in data.images}) if same else 0
    return Overlap(count, len(data.images) if same else 0, 0, known=same)


def overlap_with_run(manifest: Manifest, data: DataSet) -> Overlap:
    """By the salted hashes of its manifest; an older one has names only, of which those used twice prove nothing."""
    split = manifest.facts["split"]
    train, salt = split["train"], split["salt"]
    names, taught = {image.patient for image in data.images}, set(train["patients"])
    named = {name for name in names if hashed_patient(name, salt) in taught}
    people = {identity(image): image.patient for image in data.images}
    if "people" in train:
        known = set(train["people"])
        shared = [person for person in people if hashed_patient(person, salt) in known]
    else:
        shared = [person for person, name in people.items() if name in named and not REUSED.fullmatch(name)]
    pictures = set(train.get("pictures", ()))
    return Overlap(len(shared), sum(hashed_patient(i.sha256, salt) in pictures for i in data.images), len(named))


def overlap_with_people(taught: Mapping[str, Any], data: DataSet) -> Overlap:
    """By the salted hashes in a bundle that was made from exported cases; see training.publish.taught_people."""
    salt, known, pictures = taught["salt"], set(taught["people"]), set(taught["pictures"])
    people = {identity(image) for image in data.images}
    shared = sum(hashed_patient(person, salt) in known for person in people)
    same = sum(hashed_patient(image.sha256, salt) in pictures for image in data.images)
    return Overlap(shared, same, shared)


def refuse_taught(model: Path, data: DataSet, even_taught: bool) -> dict[str, Any]:
    """What the evaluation has to say about it.

    Raises:
        WorkshopError: the model learned from these patients, and nobody asked to judge it by them all the same.
    """
    found = overlap(model, data)
    if (found.patients or found.pictures) and not even_taught:
        people = len({identity(image) for image in data.images})
        raise WorkshopError(
            f"{model} learned from {found.patients} of these {people} patients ({found.pictures} of "
            f"{len(data.images)} files byte for byte): figures on them would flatter it. Take images of other "
            "patients, say with --patient REGEX how a file name tells the patient, or measure all the same with "
            "--even-taught, which is then told beside every figure."
        )
    return found.told()
