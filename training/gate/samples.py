"""One training picture per (seed, epoch, index): of which kind, from which original, changed how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from inference.gate import KINDS
from training.gate import changes
from training.gate.drawn import bones, drawing
from training.gate.pictures import CHESTS, Picture

SHARE = {
    **{"chest": 0.29, "turned_left": 0.09, "upside_down": 0.06, "turned_right": 0.09, "negative": 0.06},
    **{"part": 0.22, "other_xray": 0.09, "photo": 0.04, "cells": 0.02, "drawing": 0.04},
}
"""How often each kind is drawn, whatever the number of its pictures."""
_TILTS = {"turned_left": 1, "turned_right": -1}
_CLOSEST = {"child": 0.86, "child_full": 0.86}
_WIDEST = {"child": 0.72, "child_full": 0.72}
"""Children's pictures are taken close: 72 % of both sides no longer hold their lungs, 86 % do."""
TAKEN = ("photo", "cells")
"""Kinds that are not drawn where their folder is missing."""
_CHEST_SHARE = {"child": 0.54, "child_full": 0.08, "covid19": 0.18, "adult": 0.17, "dicom_chest": 0.03}


class Samples:
    """Draws training pictures; the same (seed, epoch, index) gives the same pixels."""

    def __init__(self, pictures: Sequence[Picture], seed: int) -> None:
        self.seed = seed
        self._by_family: dict[str, list[list[Picture]]] = {}
        for family in {picture.family for picture in pictures}:
            groups: dict[str, list[Picture]] = {}
            for picture in pictures:
                if picture.family == family:
                    groups.setdefault(picture.group, []).append(picture)
            self._by_family[family] = list(groups.values())
        drawable = {kind: share for kind, share in SHARE.items() if kind not in TAKEN or kind in self._by_family}
        self._kinds, self._shares = list(drawable), np.array(list(drawable.values())) / sum(drawable.values())

    def batch(self, epoch: int, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (size, SIDE, SIDE) pictures and int (size,) places in KINDS."""
        drawn = [self.sample(epoch, first + number) for number in range(size)]
        return np.stack([np.asarray(picture) for picture, _ in drawn]), np.array([kind for _, kind in drawn])

    def sample(self, epoch: int, index: int) -> tuple[Image.Image, int]:
        """One picture of SIDE x SIDE and its place in KINDS."""
        draw = np.random.default_rng((self.seed, epoch, index))
        kind = str(draw.choice(self._kinds, p=self._shares))
        return self.of_kind(kind, draw), KINDS.index(kind)

    def of_kind(self, kind: str, draw: np.random.Generator) -> Image.Image:
        """One SIDE x SIDE picture of this kind."""
        if kind in TAKEN:
            return self._loosely(self._of(kind, draw), draw)
        if kind == "drawing":
            return self._loosely(drawing(draw), draw)
        if kind == "other_xray":
            return self._loosely(self._other(draw), draw)
        family = self._chest_family(draw)
        chest = self._of(family, draw)
        if kind == "part":
            return changes.taken_anew(changes.part(chest, draw, _WIDEST.get(family, 0.55)), draw)
        if kind in _TILTS and draw.random() < 0.6:
            return changes.tilted(chest, _TILTS[kind] * self._tilt(draw), draw)
        seen = changes.taken_anew(chest, draw, _CLOSEST.get(family, 0.8))
        if kind == "negative":
            return changes.negative(seen, draw)
        return seen if kind == "chest" else changes.turned(seen, kind)

    @staticmethod
    def _tilt(draw: np.random.Generator) -> float:
        """Degrees that make a chest turned: mostly near the least, up to where it counts as upside down."""
        return float(draw.uniform(changes.TILTED, 30) if draw.random() < 0.7 else draw.uniform(40, 135))

    def chest(self, draw: np.random.Generator) -> Image.Image:
        """A chest X-ray as stored."""
        return self._of(self._chest_family(draw), draw)

    def _chest_family(self, draw: np.random.Generator) -> str:
        there = [family for family in CHESTS if family in self._by_family]
        shares = np.array([_CHEST_SHARE[family] for family in there])
        return str(draw.choice(there, p=shares / shares.sum()))

    def _of(self, family: str, draw: np.random.Generator) -> Image.Image:
        groups = self._by_family[family]
        group = groups[draw.integers(len(groups))]
        return Image.fromarray(group[draw.integers(len(group))].pixels)

    def _other(self, draw: np.random.Generator) -> Image.Image:
        """Another examination, bones that were drawn, or a chest beyond recognition."""
        which = draw.random()
        if which < 0.4 and "other" in self._by_family:
            picture = self._of("other", draw)
            return changes.part(picture, draw) if draw.random() < 0.35 else picture
        if which < 0.6:
            return bones(draw)
        aside = self._of("photo", draw) if draw.random() < 0.4 and "photo" in self._by_family else drawing(draw)
        return changes.distorted(self.chest(draw), aside, draw)

    @staticmethod
    def _loosely(picture: Image.Image, draw: np.random.Generator) -> Image.Image:
        """Any way round, as a negative or not, whole or cut: it stays what it is."""
        if draw.random() < 0.5:
            picture = picture.rotate(90 * int(draw.integers(4)))
        if draw.random() < 0.3:
            picture = ImageOps.invert(picture)
        seen = changes.moved(picture, float(draw.normal(0, 8)), draw.uniform(0.45, 1.25, 2), draw.uniform(-0.1, 0.1, 2),
                             draw)  # fmt: skip
        return changes.exposed(seen, draw)
