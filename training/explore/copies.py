"""The same picture more than once: the same bytes, the same pixels, or nearly the same, in any split and class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np

from training.explore.look import STATISTICS
from training.explore.survey import Survey
from training.identity import identity
from training.leaks import BLOCK, NEARLY_THE_SAME, SIDE
from training.progress import Progress

PAIRS_AT_MOST = 20_000  # of nearly the same; more means that the fingerprint can't tell these pictures apart
BY_NATURE = 0.05  # share of the pictures with a twin of other bytes, beyond which they are alike by nature


class Groups:
    """Places that belong together, whatever led from one to the other."""

    def __init__(self, count: int) -> None:
        self.leader = np.arange(count)

    def of(self, place: int) -> int:
        """The first place of its group."""
        while self.leader[place] != place:
            place = self.leader[place] = self.leader[self.leader[place]]
        return place

    def join(self, one: int, other: int) -> None:
        """Make two groups one."""
        first, last = sorted((self.of(one), self.of(other)))
        self.leader[last] = first

    def several(self) -> list[list[int]]:
        """The groups with more than one place."""
        members: dict[int, list[int]] = defaultdict(list)
        for place in range(len(self.leader)):
            members[self.of(place)].append(place)
        return [places for places in members.values() if len(places) > 1]


def find_copies(survey: Survey, progress: Progress) -> dict[str, Any]:
    """Groups of copies, those first that contradict each other or stand in several splits.

    Returns: "groups", "near_pairs" (how many pairs are nearly the same), "by_nature": whether those are too many to be
        copies; they are then left out of the groups.
    """
    groups, alike = Groups(len(survey.images)), {}
    for same in (_same_bytes(survey), _same_pixels(survey)):
        for one, other in same:
            groups.join(one, other)
    for one, other, likeness in _nearly_the_same(survey, progress):
        alike[one, other] = likeness
        if len(alike) >= PAIRS_AT_MOST:
            break
    new = {pair: likeness for pair, likeness in alike.items() if groups.of(pair[0]) != groups.of(pair[1])}
    twins = {place for pair in new for place in pair if survey.part_of[pair[0]] == survey.part_of[pair[1]]}
    by_nature = len(alike) >= PAIRS_AT_MOST or len(twins) > max(20, BY_NATURE * len(survey.images))
    if not by_nature:
        for one, other in new:
            groups.join(one, other)
    least = _least_likeness(groups, alike)
    told = [_told(survey, places, least.get(places[0], 1.0)) for places in groups.several()]
    told.sort(key=lambda of: (not of["contradicting"], len(of["parts"]) == 1, -of["likeness"], of["images"][0]["name"]))
    return {"groups": told, "near_pairs": len(new), "by_nature": by_nature}


def _same_bytes(survey: Survey) -> Iterator[tuple[int, int]]:
    return _doubled([image.sha256 for image in survey.images])


def _same_pixels(survey: Survey) -> Iterator[tuple[int, int]]:
    return _doubled(survey.pixels)


def _doubled(digests: list[str]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for place, digest in enumerate(digests):
        if digest and first.setdefault(digest, place) != place:
            yield first[digest], place


def _nearly_the_same(survey: Survey, progress: Progress) -> Iterator[tuple[int, int, float]]:
    """Pairs whose fingerprints correlate; pictures smaller than a fingerprint can't be told apart by it."""
    names = list(STATISTICS)
    sides = survey.values[:, [names.index("width"), names.index("height")]].min(axis=1)
    places = np.flatnonzero(survey.readable & (np.nan_to_num(sides) >= SIDE))
    starts = range(0, len(places), BLOCK)
    blocks = [(top, left) for top in starts for left in starts if left >= top]
    for top, left in progress.track(blocks, len(blocks), "comparing pictures"):
        ours, theirs = places[top : top + BLOCK], places[left : left + BLOCK]
        likeness = survey.prints[ours].astype(np.float32) @ survey.prints[theirs].astype(np.float32).T
        for row, column in np.argwhere(likeness > NEARLY_THE_SAME):
            if ours[row] < theirs[column]:
                yield int(ours[row]), int(theirs[column]), float(likeness[row, column])


def _least_likeness(groups: Groups, alike: dict[tuple[int, int], float]) -> dict[int, float]:
    least: dict[int, float] = {}
    for (one, other), likeness in alike.items():
        leader = groups.of(one)
        if leader == groups.of(other):
            least[leader] = min(least.get(leader, 1.0), likeness)
    return least


def _labels(survey: Survey, places: list[int]) -> dict[bool, set[str]]:
    """By population: two of them may name the same thing in two ways."""
    found: dict[bool, set[str]] = defaultdict(set)
    for place in places:
        found[survey.part(place).outside].add(survey.images[place].label)
    return found


def _told(survey: Survey, places: list[int], likeness: float) -> dict[str, Any]:
    images = [survey.images[place] for place in places]
    why = "nearly the same"
    if len({survey.pixels[place] for place in places}) == 1 and survey.pixels[places[0]]:
        why = "same pixels"
    if len({image.sha256 for image in images}) == 1:
        why = "same bytes"
    return {
        "why": why,
        "likeness": round(min(1.0, likeness), 4) if why == "nearly the same" else 1.0,
        "contradicting": any(len(labels) > 1 for labels in _labels(survey, places).values()),
        "populations": len({survey.part(place).outside for place in places}),
        "parts": list(dict.fromkeys(survey.part(place).name for place in places)),
        "patients": len({identity(image) for image in images}),
        "images": [
            {"part": survey.part(place).name, "label": image.label, "name": image.name, "place": place}
            for place, image in zip(places, images, strict=True)
        ],
    }
