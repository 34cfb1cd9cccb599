"""What the gate is measured on: families of pictures, each with what should become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from training.gate import changes
from training.gate.drawn import bones, drawing
from training.gate.pictures import STORED, Picture

HELD_OUT = 0
"""The fold whose patients, slides and photographs never train the network."""
DRAWN = 300
_SEED = 909
OTHERS = ("other_xray", "photo", "cells", "drawing")
CUTS: dict[str, changes.Box] = {
    "lower half": (0, 0.5, 1, 0.5),
    "upper half": (0, 0, 1, 0.5),
    "left half": (0, 0, 0.5, 1),
    "right half": (0.5, 0, 0.5, 1),
    "lower 60 %": (0, 0.4, 1, 0.6),
    "upper 60 %": (0, 0, 1, 0.6),
    "one lung alone": (0.02, 0.05, 0.46, 0.8),
    "middle 60 %": (0.2, 0.2, 0.6, 0.6),
    "middle 50 %": (0.25, 0.25, 0.5, 0.5),
}
"""Left, top, width, height, as shares: no two whole lungs, however much room was about them."""
TILTS_PASS, TILTS_BETWEEN, TILTS_REFUSED = (5, 10), (12, 15), (20, 30, 45)
"""Degrees, half of the pictures to either side."""


@dataclass(frozen=True)
class Family:
    """Pictures that should share one fate.

    Attributes:
        passes: whether they should pass; None: they lie on the border, and either is right.
        kinds: what they may be seen as. images: grey, any size.
    """

    name: str
    passes: bool | None
    kinds: tuple[str, ...]
    images: list[Image.Image]


def whole(pictures: Sequence[Picture], family: str, fold: int | None = None) -> list[Image.Image]:
    """The pictures of a family as they are, of one fold or of all."""
    return [Image.fromarray(p.pixels) for p in pictures if p.family == family and fold in (None, p.fold)]


def all_families(pictures: Sequence[Picture]) -> list[Family]:
    """Those that have pictures; none of these trained the network."""
    children = whole(pictures, "child_dev")
    adults = whole(pictures, "adult", HELD_OUT) + whole(pictures, "covid19", HELD_OUT)
    found = [
        *(*_chests(pictures), *_kept_chests(children, adults)),
        *(*_turned(children + adults), *_tilted(children + adults), *_parts(children, adults)),
        *_no_chests(pictures, children),
        *_between(children, adults),
    ]
    return [family for family in found if family.images]


def _chests(pictures: Sequence[Picture]) -> list[Family]:
    sources = {
        "children, held-out patients": ("child", HELD_OUT),
        "children, development set": ("child_dev", None),
        "children in full size, held-out patients": ("child_full", HELD_OUT),
        "Covid set, held out": ("covid19", HELD_OUT),
        "adults, held out": ("adult", HELD_OUT),
    }
    return [Family(name, True, ("chest",), whole(pictures, *source)) for name, source in sources.items()]


def _kept_chests(children: list[Image.Image], adults: list[Image.Image]) -> list[Family]:
    """Chests that were changed and are still upright and whole."""
    made = {
        "chest mirrored": [ImageOps.mirror(p) for p in children + adults],
        "chest, middle 90 %": [middle(p, 0.9) for p in children + adults],
        **{f"chest tilted by {angle} degrees": leaning(children + adults, angle) for angle in TILTS_PASS},
    }
    return [Family(name, True, ("chest",), images) for name, images in made.items()]


def _turned(chests: list[Image.Image]) -> list[Family]:
    kinds = ("turned_left", "upside_down", "turned_right")
    found = [Family(f"chest {kind.replace('_', ' ')}", False, (kind,), [changes.turned(p, kind) for p in chests])
             for kind in kinds]  # fmt: skip
    return [*found, Family("chest as a negative", False, ("negative",), [ImageOps.invert(p) for p in chests])]


def _tilted(chests: list[Image.Image]) -> list[Family]:
    return [Family(f"chest tilted by {angle} degrees", False, ("turned_left", "turned_right"), leaning(chests, angle))
            for angle in TILTS_REFUSED]  # fmt: skip


def _parts(children: list[Image.Image], adults: list[Image.Image]) -> list[Family]:
    draw, chests = np.random.default_rng(_SEED), children + adults
    made = {name: [changes.cut(p, *box) for p in chests] for name, box in CUTS.items()}
    made["cut at random"] = [changes.part(p, draw, 0.6) for p in chests]
    return [Family(f"part: {name}", False, ("part", *OTHERS), images) for name, images in made.items()]


def _no_chests(pictures: Sequence[Picture], children: list[Image.Image]) -> list[Family]:
    draw, photos = np.random.default_rng(_SEED), whole(pictures, "photo", HELD_OUT)
    made = {
        "chest beyond recognition": [
            changes.distorted(p, photos[draw.integers(len(photos))] if photos else drawing(draw), draw)
            for p in children
        ],
        "photographs": photos,
        "blood cells": whole(pictures, "cells", HELD_OUT),
        "noise, plain, gradients, text, shapes": [drawing(draw) for _ in range(DRAWN)],
        "drawn bones of other parts": [bones(draw) for _ in range(DRAWN)],
    }
    return [Family(name, False, OTHERS, images) for name, images in made.items()]


def _between(children: list[Image.Image], adults: list[Image.Image]) -> list[Family]:
    """Neither taught to pass nor to be refused."""
    made = {
        "middle 85 %, children": [middle(p, 0.85) for p in children],
        "middle 80 %, children": [middle(p, 0.8) for p in children],
        "middle 70 %, children": [middle(p, 0.7) for p in children],
        "middle 70 %, adults": [middle(p, 0.7) for p in adults],
        **{f"chest tilted by {angle} degrees": leaning(children + adults, angle) for angle in TILTS_BETWEEN},
    }
    return [Family(name, None, ("chest", "part", "turned_left", "turned_right"), images)
            for name, images in made.items()]  # fmt: skip


def middle(picture: Image.Image, share: float) -> Image.Image:
    """The middle of it, `share` of either side."""
    return changes.cut(picture, (1 - share) / 2, (1 - share) / 2, share, share)


def leaning(pictures: Sequence[Image.Image], angle: float) -> list[Image.Image]:
    """By `angle` degrees to the left and right in turn.

    Of four, two are square and lose their corners, two are of 4 : 3 and keep them in a larger frame.
    """
    made = []
    for number, picture in enumerate(pictures):
        framed = bool(number // 2 % 2)
        shaped = picture.resize((STORED * 4 // 3 if framed else STORED, STORED))
        turned = shaped.rotate(angle * (-1) ** number, Image.Resampling.BILINEAR, expand=framed)
        made.append(turned.resize((STORED, STORED)))
    return made
