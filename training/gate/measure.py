"""What the gate says of pictures that it never learned from, family by family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from inference.gate import KINDS, described, run_network, shrunk
from training.gate import changes
from training.gate.drawn import bones, drawing
from training.gate.network import Weights
from training.gate.pictures import Picture

HELD_OUT = 0
"""The fold whose patients, slides and photographs never train the network."""
DRAWN = 300
_SEED = 909


@dataclass(frozen=True)
class Row:
    """One family: how many pictures, how many of them refused, and for these the share with the right reason.

    Attributes:
        passes: whether the family is one that should pass.
        right: share of all its pictures that are seen as of one of the expected kinds.
    """

    family: str
    passes: bool
    number: int
    refused: int
    right: float

    def to_dict(self) -> dict[str, object]:
        """As kept in gate.json."""
        return {**self.__dict__, "share_refused": round(self.refused / self.number, 4), "right": round(self.right, 4)}


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


def whole(pictures: Sequence[Picture], family: str, fold: int | None = None) -> list[Image.Image]:
    """The pictures of a family as they are, of one fold or of all."""
    return [Image.fromarray(p.pixels) for p in pictures if p.family == family and fold in (None, p.fold)]


def families(pictures: Sequence[Picture]) -> dict[str, tuple[bool, tuple[str, ...], list[Image.Image]]]:
    """Name to whether it should pass, the kinds that are right, and the pictures; none of them trained the network."""
    draw = np.random.default_rng(_SEED)
    dev, photos = whole(pictures, "child_dev"), whole(pictures, "photo", HELD_OUT)
    adults = whole(pictures, "adult", HELD_OUT) + whole(pictures, "covid19", HELD_OUT)
    others = ("other_xray", "photo", "cells", "drawing")
    found: dict[str, tuple[bool, tuple[str, ...], list[Image.Image]]] = {
        "children, held-out patients": (True, ("chest",), whole(pictures, "child", HELD_OUT)),
        "children, development set": (True, ("chest",), dev),
        "children, 120 in full size (learned from)": (True, ("chest",), whole(pictures, "child_full")),
        "Covid set, held out": (True, ("chest",), whole(pictures, "covid19", HELD_OUT)),
        "adults, held out": (True, ("chest",), whole(pictures, "adult", HELD_OUT)),
    }
    for kind in ("turned_left", "upside_down", "turned_right"):
        found[f"chest {kind.replace('_', ' ')}"] = (False, (kind,), [changes.turned(p, kind) for p in dev + adults])
    found["chest as a negative"] = (False, ("negative",), [ImageOps.invert(p) for p in dev + adults])
    found["part of a chest"] = (False, ("part", *others), [changes.part(p, draw) for p in dev + adults])
    found["chest beyond recognition"] = (False, others, [
        changes.distorted(p, photos[draw.integers(len(photos))] if photos else drawing(draw), draw) for p in dev
    ])  # fmt: skip
    found["photographs"] = (False, others, photos)
    found["blood cells"] = (False, others, whole(pictures, "cells", HELD_OUT))
    found["noise, plain, gradients, text, shapes"] = (False, others, [drawing(draw) for _ in range(DRAWN)])
    found["drawn bones of other parts"] = (False, others, [bones(draw) for _ in range(DRAWN)])
    return {name: row for name, row in found.items() if row[2]}


def measured(weights: Weights, threshold: float, pictures: Sequence[Picture]) -> list[Row]:
    """A row per family."""
    return [_row(weights, threshold, name, *row) for name, row in families(pictures).items()]


def _row(
    weights: Weights, threshold: float, name: str, passes: bool, kinds: tuple[str, ...], images: list[Image.Image]
) -> Row:
    chances = chances_of(weights, images)
    refused = chances[:, 0] < threshold
    best = np.where(refused, chances[:, 1:].argmax(axis=1) + 1, 0)
    right = np.isin(best, [KINDS.index(kind) for kind in kinds])
    return Row(name, passes, len(images), int(refused.sum()), float(right.mean()))


def left_out_in_turn(
    pictures: Sequence[Picture], learn: Callable[[Sequence[Picture]], Weights], threshold: float, rounds: int
) -> list[Row]:
    """The few originals, each judged by a network that learned from none of its pictures, `rounds` networks in all."""
    few = [picture for picture in pictures if picture.fold < 0]
    groups = sorted({picture.group for picture in few})
    refused: dict[str, list[bool]] = {"dicom_chest": [], "other": []}
    for number in range(rounds):
        away = set(groups[number::rounds])
        weights = learn([picture for picture in pictures if picture.group not in away])
        for picture in few:
            if picture.group in away:
                chance = chances_of(weights, [Image.fromarray(picture.pixels)])[0, 0]
                refused[picture.family].append(bool(chance < threshold))
    names = {"dicom_chest": "the chest DICOM, left out", "other": "other examinations, each original left out in turn"}
    rows = {family: (family == "dicom_chest", values) for family, values in refused.items() if values}
    return [Row(names[family], passes, len(values), sum(values), float(np.mean([v != passes for v in values])))
            for family, (passes, values) in rows.items()]  # fmt: skip
