"""The same picture under two names: it must not teach on one side of the split and be measured on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.gate.pictures import Picture

GATHERED = ("covid19", "adult")
"""Sets gathered from others: the Covid set holds children of the children's set, of the development set too."""
_CHESTS = ("child", "child_dev", *GATHERED)
_SAME_CHEST, _SAME_ORIGINAL = 0.93, 0.8
"""Correlation of small copies; the Covid set's copies have more contrast, and correlate by 0.93 to 0.99."""


def without_copies(pictures: Sequence[Picture]) -> list[Picture]:
    """Look-alikes get one group and one fold; what is a copy of the development set is left out."""
    return with_originals_joined(_with_gathered_joined(pictures))


def _with_gathered_joined(pictures: Sequence[Picture]) -> list[Picture]:
    """Each picture of GATHERED takes group and fold of the most like chest before it, where one is like enough."""
    chests = [picture for picture in pictures if picture.family in _CHESTS]
    outlines = np.array([_outline(picture) for picture in chests])
    found: dict[Path, Picture | None] = {}
    origins = list(chests)
    for number, picture in enumerate(chests):
        alike = outlines[:number] @ outlines[number] if picture.family in GATHERED else np.zeros(1)
        if alike.max(initial=0) >= _SAME_CHEST:
            origin = origins[number] = origins[int(alike.argmax())]
            same = replace(picture, group=origin.group, fold=origin.fold)
            found[picture.path] = None if origin.family == "child_dev" else same
    kept = (found.get(picture.path, picture) for picture in pictures)
    return [picture for picture in kept if picture is not None]


def _outline(picture: Picture) -> np.ndarray:
    values = picture.pixels[::4, ::4].astype(np.float32).ravel()
    values -= values.mean()
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-6))


def with_originals_joined(pictures: Sequence[Picture]) -> list[Picture]:
    """The few pictures that look alike get one group: the same original comes in several encodings."""
    seen: list[tuple[str, np.ndarray]] = []
    joined = []
    for picture in pictures:
        if picture.fold < 0:
            outline = _outline(picture)
            same = next((group for group, other in seen if outline @ other > _SAME_ORIGINAL), None)
            seen.append((same or picture.group, outline))
            picture = replace(picture, group=same or picture.group)
        joined.append(picture)
    return joined
