"""Who is in a data set, how often, and where else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from training.explore.parts import Part
from training.identity import identity

UNKNOWN = "file:"  # how training.data names a patient whom nothing tells


def patients_of(parts: Sequence[Part]) -> dict[str, Any]:
    """Images per patient of each part, and the patients in several parts or several classes.

    A patient whom nothing tells is counted as one of his own, and never as one in several places.
    """
    where: dict[str, dict[str, None]] = defaultdict(dict)
    classes: dict[str, dict[str, None]] = defaultdict(dict)
    for part in parts:
        for image in part.images:
            if not image.patient.startswith(UNKNOWN):
                where[identity(image)][part.name] = None
                classes[identity(image)][image.label] = None
    return {
        "parts": {part.name: _counted(part) for part in parts},
        "in_several_parts": {name: list(of) for name, of in sorted(where.items()) if len(of) > 1},
        "in_several_classes": {name: list(of) for name, of in sorted(classes.items()) if len(of) > 1},
    }


def _counted(part: Part) -> dict[str, Any]:
    images = Counter(identity(image) for image in part.images)
    often = Counter(images.values())
    return {
        "patients": len(images),
        "unknown": sum(image.patient.startswith(UNKNOWN) for image in part.images),
        "images_each": dict(sorted(often.items())),
        "most": max(often),
    }
