"""All images looked at once: numbers in memory, fingerprints in a file, pictures nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from training.data import LabelledImage
from training.explore.look import MEAN_SIDE, STATISTICS, Look, look_at
from training.explore.parts import LEARNED, Part
from training.leaks import SIDE
from training.progress import Progress

WORKERS = 2  # the decoders release the interpreter lock
AT_ONCE = 64  # images in memory
VALUES_COUNTED = 1000  # different values of a column; further ones are counted together
OTHER = "(other)"
NAMES_ONLY = ("split",)  # columns that say nothing new
BY_ITSELF = 100  # images of a split that is looked at by itself


@dataclass
class Survey:
    """Rows of arrays are images, those of all parts one after the other.

    Attributes:
        values: float32 (N, statistics), NaN where it does not apply or the image can't be read.
        labels, part_of: int (N,): places in `classes` and `parts`.
        readable: bool (N,). pixels: digests of pixels, "" where unreadable.
        prints: float16 (N, SIDE * SIDE), fingerprints in a file.
        forms: images by (part, class, form). columns: by column, images by (part, class, value).
        refused: (part, name, reason). sums: float64 sum and number of pictures by (part, class).
    """

    parts: Sequence[Part]
    classes: tuple[str, ...]
    images: list[LabelledImage]
    values: np.ndarray
    labels: np.ndarray
    part_of: np.ndarray
    readable: np.ndarray
    prints: np.ndarray
    pixels: list[str]
    forms: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    columns: dict[str, Counter[tuple[str, str, str]]] = field(default_factory=dict)
    refused: list[tuple[str, str, str]] = field(default_factory=list)
    sums: dict[tuple[str, str], tuple[np.ndarray, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Sequence[Part], folder: Path, progress: Progress) -> Survey:
        """Look at every image of every part; `folder` holds the fingerprints meanwhile."""
        survey = cls.empty(parts, folder)
        looks = survey._looks()
        for place, look in enumerate(progress.track(looks, len(survey.images), "looking at images")):
            survey.keep(place, look)
        return survey

    @classmethod
    def empty(cls, parts: Sequence[Part], folder: Path) -> Survey:
        """Nothing looked at yet."""
        images = [image for part in parts for image in part.images]
        classes = tuple(sorted({image.label for image in images}))
        count = len(images)
        return cls(
            parts=parts,
            classes=classes,
            images=images,
            values=np.full((count, len(STATISTICS)), np.nan, np.float32),
            labels=np.array([classes.index(image.label) for image in images]),
            part_of=np.repeat(np.arange(len(parts)), [len(part.images) for part in parts]),
            readable=np.zeros(count, bool),
            prints=np.memmap(folder / "prints", np.float16, "w+", shape=(count, SIDE * SIDE)),
            pixels=[""] * count,
        )

    def _looks(self) -> Iterator[Look | str]:
        paths = (image.path for image in self.images)
        with ThreadPoolExecutor(WORKERS) as threads:
            while some := list(islice(paths, AT_ONCE)):
                yield from threads.map(look_at, some)

    def keep(self, place: int, look: Look | str) -> None:
        """What is to be known of one image."""
        image, part = self.images[place], self.part(place).name
        header: Mapping[str, str] = {}
        if isinstance(look, str):
            self.refused.append((part, image.name, look))
        else:
            self._keep_picture(place, look)
            header = look.header
        for column, value in {**image.facts, **header}.items():
            if column not in NAMES_ONLY:
                self._count(column, part, image.label, value)

    def _keep_picture(self, place: int, look: Look) -> None:
        key = self.part(place).name, self.images[place].label
        self.values[place] = look.values
        self.readable[place] = True
        self.prints[place] = look.fingerprint
        self.pixels[place] = look.pixels
        self.forms[*key, look.form] += 1
        total, count = self.sums.get(key, (np.zeros((MEAN_SIDE, MEAN_SIDE)), 0))
        self.sums[key] = total + look.small, count + 1

    def _count(self, column: str, part: str, label: str, value: str) -> None:
        counts = self.columns.setdefault(column, Counter())
        known = (part, label, value) in counts or len(counts) < VALUES_COUNTED
        counts[part, label, value if known else OTHER] += 1

    def part(self, place: int) -> Part:
        """Where an image belongs."""
        return self.parts[int(self.part_of[place])]

    def groups(self) -> list[tuple[str, tuple[str, ...]]]:
        """What is looked at by itself: title and names of parts.

        What is learned from (train, or all where nothing is called so), the other splits that are large enough, and the
        other population.
        """
        inside = [part for part in self.parts if not part.outside]
        learned = [part.name for part in inside if part.name.lower() in LEARNED] or [part.name for part in inside]
        others = [part.name for part in inside if part.name not in learned and len(part.images) >= BY_ITSELF]
        outside = [part.name for part in self.parts if part.outside]
        sets = [learned, *([name] for name in others), outside]
        return [(", ".join(names), tuple(names)) for names in sets if names]

    def within(self, names: Sequence[str]) -> np.ndarray:
        """bool (N,): readable images of these parts."""
        wanted = np.array([part.name in names for part in self.parts])
        inside: np.ndarray = wanted[self.part_of] & self.readable
        return inside

    def mean_pictures(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """float (MEAN_SIDE, MEAN_SIDE), 0 to 255, by class."""
        found = {}
        for label in self.classes:
            some = [self.sums[name, label] for name in names if (name, label) in self.sums]
            if some:
                found[label] = np.sum([total for total, _ in some], axis=0) / sum(count for _, count in some)
        return found

    def counted(self) -> dict[str, Any]:
        """Counts, forms, columns and refusals, as explore.json has them."""
        rows = [(part, name, reason) for part in self.parts for name, reason in part.not_read]
        return {
            "classes": list(self.classes),
            "parts": {part.name: self._counted_part(part) for part in self.parts},
            "forms": [(*key, count) for key, count in sorted(self.forms.items())],
            "columns": {name: [(*k, n) for k, n in sorted(of.items())] for name, of in self.columns.items()},
            "unreadable": [{"part": p, "name": n, "reason": r} for p, n, r in self.refused],
            "not_read": [{"part": part.name, "name": name, "reason": reason} for part, name, reason in rows],
        }

    def _counted_part(self, part: Part) -> dict[str, Any]:
        counts = Counter(image.label for image in part.images)
        return {
            "outside": part.outside,
            "images": dict(sorted(counts.items())),
            "statistics": {label: self._medians(part.name, label) for label in sorted(counts)},
        }

    def _medians(self, part: str, label: str) -> dict[str, list[float]]:
        """5th, 50th and 95th percentile of each statistic that applies."""
        values = self.values[self.within([part]) & (self.labels == self.classes.index(label))]
        found = {}
        for name, column in zip(STATISTICS, values.T, strict=True):
            if len(known := column[~np.isnan(column)]):
                found[name] = [round(float(x), 4) for x in np.percentile(known, (5, 50, 95))]
        return found
