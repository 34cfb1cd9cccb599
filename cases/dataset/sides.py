"""On which side of the split a patient is: drawn once, kept for ever. No Django inside."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping

from cases.dataset.asked import SPLITS

TRAIN, TEST = SPLITS


def sides_of(labels: Mapping[str, str], known: Mapping[str, str], seed: int, share: float) -> dict[str, str]:
    """The side of every patient: of those in `known` the one they have, new ones drawn class by class.

    The new ones of a class come in an order that (seed, patient) gives; each goes to the test side while fewer than
    `share` of the patients of its class are there, so that the share holds over many exports.

    Args:
        labels: patient -> class. known: patient -> side, from earlier exports; all of it is in the answer.
        share: of the patients of each class, 0 to 1.
    """
    sides = dict(known)
    total = Counter(label for patient, label in labels.items() if patient in known)
    tested = Counter(label for patient, label in labels.items() if known.get(patient) == TEST)
    for patient in sorted(labels.keys() - known.keys(), key=lambda name: _drawn(seed, name)):
        label = labels[patient]
        total[label] += 1
        side = TEST if tested[label] + 0.5 < share * total[label] else TRAIN
        tested[label] += side == TEST
        sides[patient] = side
    return sides


def _drawn(seed: int, patient: str) -> str:
    return hashlib.sha256(f"{seed}:{patient}".encode()).hexdigest()
