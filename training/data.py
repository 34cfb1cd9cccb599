"""Images on disk: who is in which class, which patient, and which side of the split."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from training.errors import WorkshopError
from training.listing import list_in, read_rows, splits_in_list

SUFFIXES = (".jpeg", ".jpg", ".png", ".dcm", ".dicom")
# The number in these names is the patient's, whatever follows; the prefix keeps two numberings apart.
PATIENT_PATTERNS = (r"(person\d+)_", r"((?:NORMAL2-)?IM-\d+)-")
FAMILIES = ((r"_bacteria_", "bacteria"), (r"_virus_", "virus"), (r"^(NORMAL2-)?IM-\d", "normal"))


@dataclass(frozen=True, slots=True)  # there are hundreds of thousands: no dictionary for each
class LabelledImage:
    """One file of a data set.

    Attributes:
        root: folder of the data set. name: its path inside the data set, with "/".
        label: the class, which is the name of its folder.
        patient: whose image it is; images with the same bytes share a patient.
        sha256: of the file's bytes.
        facts: what else a list says of the image, by column; and its "family" where the file name tells it.
    """

    root: Path
    name: str
    label: str
    patient: str
    sha256: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.root / self.name


@dataclass(frozen=True)
class DataSet:
    """Labelled images in a fixed order (by name), and the classes in alphabetical order."""

    images: tuple[LabelledImage, ...]
    classes: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Hex digest over names, labels, patients and bytes: the same only for the same data."""
        digest, between = hashlib.sha256(), ""
        for i in self.images:
            digest.update(f"{between}{i.name}\t{i.label}\t{i.patient}\t{i.sha256}".encode())
            between = "\n"
        return digest.hexdigest()

    def labelled(self, label: str) -> np.ndarray:
        """bool (N,): which images belong to the class."""
        return np.array([image.label == label for image in self.images], dtype=bool)

    def patient_numbers(self) -> np.ndarray:
        """int (N,): the place of each image's patient among all patients by name (names take ten times the memory)."""
        patients = [image.patient for image in self.images]
        place = {name: number for number, name in enumerate(sorted(set(patients)))}
        return np.fromiter(map(place.__getitem__, patients), dtype=np.int64, count=len(patients))

    def only(self, indices: Sequence[int] | np.ndarray) -> DataSet:
        """The images at these places, the classes unchanged."""
        return DataSet(tuple(self.images[int(i)] for i in indices), self.classes)


def find_images(source: Path, split: str | None = None, pattern: str | None = None) -> DataSet:
    """Every image under `source/CLASS/` or `source/SPLIT/CLASS/`, in a CSV file, or in the list of an exported set.

    WorkshopError says what is missing.

    Args:
        split: which sub-folder, or which value of the column "split", where the data set is divided into splits.
        pattern: a regular expression whose first group is the patient in a file name; else the known patterns.
    """
    images = list_images(Path(source), split, pattern)
    classes = tuple(sorted({image.label for image in images}))
    if len(classes) < 2:
        raise WorkshopError(
            f"{source} holds images of {list(classes)}; two classes are needed: one folder per class, "
            "or a column label."
        )
    return _joined_by_bytes(images, classes)


def list_images(source: Path, split: str | None = None, pattern: str | None = None) -> tuple[LabelledImage, ...]:
    """As `find_images`, also of a single class, and with every patient as named, whatever bytes they share."""
    patterns = (pattern,) if pattern else PATIENT_PATTERNS
    source = list_in(source)
    if source.is_file():
        return tuple(_listed_image(source.parent, row, patterns) for row in read_rows(source, split))
    return _images_in_folders(source, split, patterns)


def splits_of(source: Path) -> list[str]:
    """What a folder or a list is divided into; nothing where it is not."""
    source = list_in(source)
    if source.is_file():
        return splits_in_list(source)
    if any(_is_image(p) for p in source.glob("*/*")):
        return []
    return sorted({p.parent.parent.name for p in source.glob("*/*/*") if _is_image(p)})


def _listed_image(root: Path, row: Mapping[str, str], patterns: Sequence[str]) -> LabelledImage:
    found = _image(root, root / row["path"], row["label"], patterns)
    facts = {name: text for name, text in row.items() if name not in ("path", "label", "patient") and text}
    return replace(found, patient=row.get("patient") or found.patient, facts={**found.facts, **facts})


def _images_in_folders(folder: Path, split: str | None, patterns: Sequence[str]) -> tuple[LabelledImage, ...]:
    root = _class_root(folder, split)
    classes = tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")))
    images = tuple(_image(root, root / name, name.split("/")[0], patterns) for name in _names_in(root, classes))
    if not images:
        raise WorkshopError(f"{root} holds no images in {len(classes)} folders; one folder per class is needed.")
    return images


def _names_in(root: Path, classes: Sequence[str]) -> Iterator[str]:
    """Every image in these folders, in the order of the folders' and files' names.

    One folder's names are held at a time, and no Path of any: with half a million images these take more than the rest.
    """
    for label in classes:
        paths = (Path(at, name) for at, _, names in os.walk(root / label) for name in names)
        found = [path.relative_to(root).as_posix() for path in paths if _is_image(path)]
        yield from sorted(found, key=lambda name: name.replace("/", "\0"))


def _class_root(folder: Path, split: str | None) -> Path:
    if not folder.is_dir():
        raise WorkshopError(f"There is no folder {folder}.")
    if split and (folder / split).is_dir():
        return folder / split
    if (splits := splits_of(folder)) or split:
        raise WorkshopError(f"{folder} is divided into {splits}: name one of them with --split.")
    return folder


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _image(root: Path, path: Path, label: str, patterns: Sequence[str]) -> LabelledImage:
    data = path.read_bytes()
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    patient = patient_of(path.name, patterns)
    if patient.startswith("file:"):
        patient = patient_in_header(data) or f"file:{name}"  # 01.jpeg of two classes is two patients
    digest = hashlib.sha256(data).hexdigest()
    return LabelledImage(root, name, sys.intern(label), patient, digest, _facts_of(family_of(path.name)))


@cache
def _facts_of(family: str) -> Mapping[str, str]:
    """One mapping for all of a family."""
    return MappingProxyType({"family": family} if family else {})


def family_of(filename: str) -> str:
    """bacteria, virus or normal where the file name says so, else nothing."""
    for pattern, family in FAMILIES:
        if re.search(pattern, filename):
            return family
    return ""


def patient_in_header(data: bytes) -> str:
    """PatientID of a DICOM file; nothing where there is none, or where the bytes are no DICOM file."""
    if data[128:132] != b"DICM":
        return ""
    import pydicom

    try:
        with warnings.catch_warnings(action="ignore"):
            header = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, specific_tags=["PatientID"])
    except (pydicom.errors.InvalidDicomError, ValueError, OSError, EOFError):
        return ""  # reading its pixels will say what is wrong with it
    return str(header.get("PatientID", "")).strip()


def patient_of(filename: str, patterns: Sequence[str] = PATIENT_PATTERNS) -> str:
    """The patient in a file name; a name that no pattern knows is a patient of its own."""
    for pattern in patterns:
        if found := re.match(pattern, filename):
            return found.group(1)
    return f"file:{filename}"


def _joined_by_bytes(images: tuple[LabelledImage, ...], classes: tuple[str, ...]) -> DataSet:
    """Patients who share a picture byte for byte become one patient: the first of them by name."""
    leader: dict[str, str] = {}

    def follow(patient: str) -> str:
        while leader.get(patient, patient) != patient:
            patient = leader[patient]
        return patient

    first_with: dict[str, str] = {}
    for image in images:
        one, other = sorted((follow(image.patient), follow(first_with.setdefault(image.sha256, image.patient))))
        leader[other] = one
    joined = tuple(
        replace(image, patient=patient) if (patient := follow(image.patient)) != image.patient else image
        for image in images
    )
    return DataSet(joined, classes)


def limited(data: DataSet, count: int | None, seed: int) -> DataSet:
    """Whole patients in a seeded order until about `count` images are there; all of them without a count."""
    if not count or count >= len(data.images):
        return data
    patients = sorted({image.patient for image in data.images})
    order = {patients[place]: rank for rank, place in enumerate(np.random.default_rng(seed).permutation(len(patients)))}
    drawn = sorted(range(len(data.images)), key=lambda i: order[data.images[i].patient])[:count]
    last = order[data.images[drawn[-1]].patient]
    return data.only([i for i, image in enumerate(data.images) if order[image.patient] <= last])


@dataclass(frozen=True)
class Split:
    """Places of the images in a data set, (n,) int arrays in ascending order; no patient is in both."""

    train: np.ndarray
    validation: np.ndarray


@dataclass(frozen=True)
class Fold:
    """One part of a cross-validation: `number` from 1 to `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @classmethod
    def read(cls, text: str) -> Fold:
        """From "2/5"."""
        number, _, of = text.partition("/")
        if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of) and int(of) >= 2):
            raise WorkshopError(f"A fold is written like 2/5, not {text!r}.")
        return cls(int(number), int(of))


def split_by_patient(data: DataSet, share: float, seed: int, fold: Fold | None = None) -> Split:
    """Hold out `share` of the patients of every class (at least one); a patient of two classes counts as its first.

    The same data and seed give the same split. With a fold, each patient is held out by exactly one of the folds.

    Raises:
        WorkshopError: a class has a single patient, or fewer than there are folds.
    """
    held_out: set[str] = set()
    rng = np.random.default_rng(seed)
    for label, patients in _patients_by_class(data):
        if len(patients) < (fold.of if fold else 2):
            raise WorkshopError(f"Class {label} has {len(patients)} patients: too few to hold some out each time.")
        order = rng.permutation(len(patients))
        count = min(max(1, round(share * len(patients))), len(patients) - 1)
        held_out.update(patients[i] for i in (order[fold.number - 1 :: fold.of] if fold else order[:count]))
    outside = np.array([image.patient in held_out for image in data.images])
    return Split(np.flatnonzero(~outside), np.flatnonzero(outside))


def _patients_by_class(data: DataSet) -> list[tuple[str, list[str]]]:
    label_of = {image.patient: image.label for image in reversed(data.images)}
    by_class: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(label_of):
        by_class[label_of[patient]].append(patient)
    return sorted(by_class.items())


def hashed_patient(patient: str, salt: str) -> str:
    """16 hex digits that stand for a patient in a manifest."""
    return hashlib.sha256(f"{salt}:{patient}".encode()).hexdigest()[:16]
