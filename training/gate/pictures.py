"""The pictures that the gate learns from: which there are, of what family, of which original, and their pixels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from inference.errors import InferenceError
from inference.radiograph import read_radiograph
from training.errors import WorkshopError

STORED = 160
"""Side of the copies that are kept in memory: a part of one is still sharper than what the gate sees."""
FOLDS = 5
CELLS_TAKEN = 1200
_FEW = ("dicom/chest", "dicom/not_chest", "dicom/odd")
_FAMILY_OF = {
    "chest_xray/train": "child",
    "chest_xray/val": "child",
    "chest_xray/test_dev": "child_dev",
    "chest_xray_full_size": "child_full",
    "covid19/train": "covid19",
    "adult_chest_xray": "adult",
    "dicom/chest": "dicom_chest",
    "dicom/not_chest": "other",
    "dicom/odd": "other",
    "flowers": "photo",
    "malaria/train": "cells",
    "malaria/valid": "cells",
}
_NORMAL = re.compile(r"(NORMAL2-)?IM-\d+")
CHESTS = ("child", "child_full", "covid19", "adult", "dicom_chest")


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture.

    Attributes:
        path: of its file. family: where it comes from. group: the original or patient it is of.
        fold: 0 to FOLDS-1, by group; -1: of one of the few originals. pixels: uint8 (STORED, STORED).
    """

    path: Path
    family: str
    group: str
    fold: int
    pixels: np.ndarray


def read_pictures(data: Path) -> list[Picture]:
    """All pictures under `data` that can be read, the aspect ratio squashed.

    Raises:
        WorkshopError: there is no chest or nothing else.
    """
    found = [picture for folder, family in _FAMILY_OF.items() for picture in _of_folder(data, folder, family)]
    families = {picture.family for picture in found}
    if not families & set(CHESTS) or not families - set(CHESTS):
        raise WorkshopError(f"{data} needs chest X-rays and other pictures; see docs/gate.md for the folders.")
    return found


def _of_folder(data: Path, folder: str, family: str) -> Iterator[Picture]:
    files = sorted(path for path in (data / folder).rglob("*") if path.is_file() and not path.name.startswith("."))
    for path in _taken(files, family):
        if (pixels := _pixels(path, family)) is not None:
            group = group_of(path, family)
            yield Picture(path, family, group, -1 if folder in _FEW else fold_of(group), pixels)


def _taken(files: list[Path], family: str) -> list[Path]:
    return files[:: max(1, len(files) // CELLS_TAKEN)] if family == "cells" else files


def group_of(path: Path, family: str) -> str:
    """Pictures of one patient, slide or original share a group."""
    name = path.stem
    if family.startswith("child"):
        numbered = _NORMAL.match(name)
        return "child " + (numbered[0] if numbered else "_".join(name.split("_")[:2]))
    if family == "cells":
        return "cells " + name.replace("Parasitized", "").split("_IMG")[0]
    if family == "adult":
        return "adult " + name.split("_")[0]
    if family in ("other", "dicom_chest"):
        return "original " + name.replace("-", "_").split("_")[0].split(".")[0]
    return f"{family} {path.parent.name} {name}"


def fold_of(group: str) -> int:
    """The same for the same group on every machine."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % FOLDS


def _pixels(path: Path, family: str) -> np.ndarray | None:
    try:
        shown = read_radiograph(path.read_bytes()).displayed()
    except InferenceError as error:
        if family == "other":  # the odd files are there to be refused by the reader
            return None
        raise WorkshopError(f"{path}: {error}") from error
    if shown.std() < 2:
        return None
    small = Image.fromarray(shown).resize((STORED, STORED), Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(small, dtype=np.uint8)
