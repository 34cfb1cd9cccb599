"""The same patient or the same picture on both sides of a split, also where it was saved anew or in another size."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from training.data import DataSet
from training.errors import WorkshopError

SIDE = 48  # of the fingerprint
SURROUNDINGS = 7  # pixels over which a fingerprint's mean is taken away
NEARLY_THE_SAME = 0.93
"""Correlation of two fingerprints. In 5,216 children's chest X-rays no two patients pass 0.87, while copies saved as
JPEG of quality 40 to 90, also in another size, have 0.96 and more (docs/training.md)."""
SAME = 0.9999
BLOCK = 512  # fingerprints compared at once, on each side: 5 MB each, whatever the number of images
SHOWN = 20


@dataclass(frozen=True)
class Leak:
    """Two images, by name, that must not stand on two sides.

    Attributes:
        why: "same patient", "same bytes", "same pixels" or "nearly the same".
        likeness: correlation of the fingerprints, 1 for the same; 0 where only the patient is the same.
    """

    why: str
    one: str
    other: str
    likeness: float


def fingerprints(arrays: np.ndarray) -> np.ndarray:
    """uint8 (N, H, W, 1) -> float32 (N, SIDE * SIDE), of length 1: what is left of a picture without its shading.

    Brightness, contrast and slow changes over the picture play no part, edges do. A picture without any edge gets zeros
    and is like nothing.
    """
    result = np.empty((len(arrays), SIDE * SIDE), np.float32)
    for place, array in enumerate(arrays):
        picture = Image.fromarray(array[:, :, 0]).resize((SIDE, SIDE), Image.Resampling.BOX)
        result[place] = _without_shading(np.asarray(picture, np.float32)).ravel()
    result -= result.mean(axis=1, keepdims=True)
    length = np.linalg.norm(result, axis=1, keepdims=True)
    return np.where(length > 1e-3, result / np.maximum(length, 1e-3), 0)


def _without_shading(picture: np.ndarray) -> np.ndarray:
    wide = np.pad(picture, SURROUNDINGS // 2, mode="edge")
    sums = np.pad(wide, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    n = SURROUNDINGS
    mean = (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / n**2
    result: np.ndarray = picture - mean
    return result


@dataclass(frozen=True)
class Side:
    """Some images of a data set: `arrays` are the pictures of the whole set, uint8 (N, H, W, 1), `indices` says which.

    Any preprocessing will do that is the same for both sides and leaves the shape of things.
    """

    data: DataSet
    arrays: np.ndarray
    indices: np.ndarray

    @classmethod
    def whole(cls, data: DataSet, arrays: np.ndarray) -> Side:
        """Every image of a set."""
        return cls(data, arrays, np.arange(len(data.images)))

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Where a block begins among the indices, and its fingerprints."""
        for start in range(0, len(self.indices), BLOCK):
            yield start, fingerprints(self.arrays[self.indices[start : start + BLOCK]])


def find_leaks(one: Side, other: Side) -> list[Leak]:
    """Every pair of images across two sides that must not be there, the surest first."""
    found = {(leak.one, leak.other): leak for leak in _same_patient(one, other)}
    for first, second, likeness in _alike(one, other):
        a, b = one.data.images[first], other.data.images[second]
        why = _why_alike(a.sha256 == b.sha256, one.arrays[first], other.arrays[second])
        found[a.name, b.name] = Leak(why, a.name, b.name, round(likeness, 4))
    return sorted(found.values(), key=lambda leak: (-leak.likeness, leak.one, leak.other))


def check_leaks(data: DataSet, arrays: np.ndarray, train: np.ndarray, validation: np.ndarray) -> None:
    """Stop with the list where the two sides of a split share a patient or a picture.

    Raises:
        WorkshopError: names the first pairs and says how many there are.
    """
    leaks = find_leaks(Side(data, arrays, train), Side(data, arrays, validation))
    if leaks:
        raise WorkshopError(told(leaks, "Both sides of the split share"))


def told(leaks: list[Leak], what: str) -> str:
    """The list for people."""
    lines = [f"{leak.why}: {leak.one} and {leak.other}" for leak in leaks[:SHOWN]]
    more = [f"and {len(leaks) - SHOWN} more"] if len(leaks) > SHOWN else []
    return (
        f"{what} {len(leaks)} pairs of images:\n  " + "\n  ".join(lines + more) + "\nRemove one of each pair, or give "
        "both images the same patient (a column of a CSV file, or --patient)."
    )


def _same_patient(one: Side, other: Side) -> Iterator[Leak]:
    theirs: dict[str, list[str]] = defaultdict(list)
    for index in other.indices:
        image = other.data.images[index]
        theirs[image.patient].append(image.name)
    for index in one.indices:
        image = one.data.images[index]
        for name in theirs.get(image.patient, []):
            yield Leak("same patient", image.name, name, 0.0)


def _alike(one: Side, other: Side) -> Iterator[tuple[int, int, float]]:
    """Places in the two sets, and the likeness; the fingerprints of one side wait in a file, not in memory."""
    # Pictures smaller than a fingerprint have too little in them to tell "nearly" from "another".
    limit = NEARLY_THE_SAME if min(one.arrays.shape[1:3]) >= SIDE else SAME
    with tempfile.TemporaryFile() as file:
        shape = (len(other.indices), SIDE * SIDE)
        kept = np.memmap(file, np.float32, "w+", shape=shape)
        for start, block in other.blocks():
            kept[start : start + len(block)] = block
        for top, rows in one.blocks():
            for left in range(0, len(kept), BLOCK):
                likeness = rows @ kept[left : left + BLOCK].T
                for row, column in np.argwhere(likeness > limit):
                    pair = int(one.indices[top + row]), int(other.indices[left + column])
                    yield *pair, float(likeness[row, column])


def _why_alike(same_bytes: bool, one: np.ndarray, other: np.ndarray) -> str:
    if same_bytes:
        return "same bytes"
    return "same pixels" if np.array_equal(one, other) else "nearly the same"
