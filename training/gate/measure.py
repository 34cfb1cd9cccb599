"""What the gate says of pictures that it never learned from, family by family."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from inference.gate import KINDS, described, run_network, shrunk
from training.gate import changes
from training.gate.copies import GATHERED
from training.gate.families import CUTS, OTHERS, Family, all_families, leaning
from training.gate.network import Weights
from training.gate.pictures import Picture

_Z95 = 1.959964


@dataclass(frozen=True)
class Row:
    """One family: how many pictures, how many of them refused, and the share with the right reason.

    Attributes:
        passes: whether the family is one that should pass; None: either is right.
        right: share of all its pictures that are seen as of one of the expected kinds.
    """

    family: str
    passes: bool | None
    number: int
    refused: int
    right: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % score interval of the share that is refused; Wilson, J. Am. Stat. Assoc. 22 (1927) 209."""
        share, square = self.refused / self.number, _Z95**2 / self.number
        middle = (share + square / 2) / (1 + square)
        half = math.sqrt(square * share * (1 - share) + square**2 / 4) / (1 + square)
        return max(0.0, middle - half), min(1.0, middle + half)

    def to_dict(self) -> dict[str, object]:
        """As kept in gate.json."""
        share = round(self.refused / self.number, 4)
        interval = [round(end, 4) for end in self.interval]
        return {**self.__dict__, "share_refused": share, "interval": interval, "right": round(self.right, 4)}


def small(pictures: Iterable[Image.Image]) -> np.ndarray:
    """uint8 (N, SIDE, SIDE), as the gate takes them."""
    return np.stack([shrunk(picture) for picture in pictures])


def descriptions(images: Sequence[Image.Image]) -> np.ndarray:
    """Any number of pictures as the network takes them, 500 at a time."""
    parts = (images[first : first + 500] for first in range(0, len(images), 500))
    return np.concatenate([described(small(part)) for part in parts])


def chances_of(weights: Weights, images: Sequence[Image.Image]) -> np.ndarray:
    """float32 (N, len(KINDS))."""
    return run_network(weights, descriptions(images))


def measured(weights: Weights, threshold: float, pictures: Sequence[Picture]) -> list[Row]:
    """A row per family."""
    return [_row(family, chances_of(weights, family.images), threshold) for family in all_families(pictures)]


def _row(family: Family, chances: np.ndarray, threshold: float) -> Row:
    refused = chances[:, 0] < threshold
    best = np.where(refused, chances[:, 1:].argmax(axis=1) + 1, 0)
    right = np.isin(best, [KINDS.index(kind) for kind in family.kinds])
    return Row(family.name, family.passes, len(chances), int(refused.sum()), float(right.mean()))


def left_out_in_turn(
    pictures: Sequence[Picture], learn: Callable[[Sequence[Picture]], Weights], threshold: float, rounds: int
) -> list[Row]:
    """The few originals and the two small sets of chests, each judged by a network that learned from none of them.

    Args:
        learn: a network from the pictures that it is given. rounds: how many networks share the work.
    """
    few = [picture for picture in pictures if picture.fold < 0 or picture.family in GATHERED]
    groups = sorted({picture.group for picture in few})
    found: dict[str, tuple[Family, list[np.ndarray]]] = {}
    for number in range(rounds):
        away = set(groups[number::rounds])
        weights = learn([picture for picture in pictures if picture.group not in away])
        for family in _few_families([picture for picture in few if picture.group in away]):
            found.setdefault(family.name, (family, []))[1].append(chances_of(weights, family.images))
    return [_row(family, np.concatenate(chances), threshold) for family, chances in found.values()]


def _few_families(pictures: Sequence[Picture]) -> list[Family]:
    images = {name: [Image.fromarray(p.pixels) for p in pictures if p.family == name]
              for name in ("dicom_chest", "other", *GATHERED)}  # fmt: skip
    gathered = [image for name in GATHERED for image in images[name]]
    tilts = ("turned_left", "turned_right")
    cuts = [changes.cut(image, *box) for image in gathered for box in CUTS.values()]
    found = [
        Family("the chest DICOM, left out", True, ("chest",), images["dicom_chest"]),
        Family("adults, each fifth left out in turn", True, ("chest",), images["adult"]),
        Family("Covid set, each fifth left out in turn", True, ("chest",), images["covid19"]),
        Family("both sets, left out, cut in each way named above", False, ("part", *OTHERS), cuts),
        Family("both sets, left out, tilted by 20 degrees", False, tilts, leaning(gathered, 20)),
        Family("other examinations, each original left out in turn", False, OTHERS, images["other"]),
    ]
    return [family for family in found if family.images]
