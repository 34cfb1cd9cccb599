"""Is this a frontal chest X-ray, upright, no negative, whole? Edges and greys, and a network small enough for numpy.

No TensorFlow here: readers never load it. The weights are made by `python -m training gate` (see docs/gate.md).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inference.errors import BundleRejected

FORMAT = 1
SIDE = 64
NETWORK, FACTS, CARD, CHECKSUMS = "weights.npz", "gate.json", "card.md", "checksums.txt"
CONTENT = (CARD, FACTS, NETWORK)
KINDS = (
    *("chest", "turned_left", "upside_down", "turned_right", "negative", "part"),
    *("other_xray", "photo", "cells", "drawing"),
)
"""What the network tells apart; the first is what a model may judge."""
REFUSAL_OF: Mapping[str, str] = {
    **dict.fromkeys(("turned_left", "upside_down", "turned_right"), "turned"),
    **{"negative": "negative", "part": "part_of_chest"},
    **dict.fromkeys(("other_xray", "photo", "cells", "drawing"), "no_chest_seen"),
}
"""Kind to code of the table of reasons."""
OFF = "off"
"""Named in place of a gate's directory where none is to be asked."""
DEFAULT_GATE = Path(__file__).parent / "bundles" / "gate"
_LINE = re.compile(r"([0-9a-f]{64})  ([a-z.]+)")


@dataclass(frozen=True)
class Sight:
    """What the gate sees in one picture.

    Attributes:
        chances: kind to probability, 0 to 1, sum 1.
        distance: from the children's pictures that the gate learned from, in the space of `described`: the share (0 to
            1) of other children, of whom it learned nothing, that lie nearer. 1: further away than any of them.
        refusals, notes: codes of the table of reasons.
    """

    chances: Mapping[str, float]
    distance: float
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The likeliest kind."""
        return max(self.chances, key=lambda kind: self.chances[kind])


@dataclass(frozen=True, eq=False)
class Gate:
    """One verified version of the gate.

    Attributes:
        directory: where it lies. sha256: hex digest of checksums.txt.
        version: of the weights. facts: all of gate.json. card: Markdown.
        weights: arrays by name; `layerN` (in, out) and `layerN_bias` (out,), the last one gives the kinds.
    """

    directory: Path
    sha256: str
    version: str
    facts: Mapping[str, Any]
    card: str
    weights: Mapping[str, np.ndarray]

    @classmethod
    def open(cls, directory: Path | str) -> Gate:
        """Verify every file, then read it.

        Raises:
            BundleRejected: bundle_incomplete, bundle_altered or bundle_foreign.
        """
        folder = Path(directory)
        contents = _verified(folder)
        try:
            facts = json.loads(contents[FACTS])
            with np.load(io.BytesIO(contents[NETWORK]), allow_pickle=False) as stored:
                weights = {name: stored[name].astype(np.float32) for name in stored.files}
            if facts["format"] != FORMAT or tuple(facts["kinds"]) != KINDS or not 0 < facts["threshold"] < 1:
                raise ValueError("another format")
            gate = cls(folder, _digest(folder), str(facts["version"]), facts, contents[CARD].decode(), weights)
            gate.look_at(np.zeros((1, SIDE, SIDE), np.uint8))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BundleRejected("bundle_foreign", file=FACTS) from error
        return gate

    def look(self, picture: Image.Image | np.ndarray) -> Sight:
        """Judge one grey picture as it is shown, (H, W) uint8 or the same as an image, bright = dense."""
        image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
        return self.look_at(shrunk(image)[np.newaxis])[0]

    def look_at(self, pictures: np.ndarray) -> list[Sight]:
        """Judge uint8 (N, SIDE, SIDE) pictures that were made by `shrunk`."""
        description = described(pictures)
        chances = run_network(self.weights, description)
        stored = self.weights["distances"]
        places = np.searchsorted(stored, distances(self.weights, description)) / len(stored)
        return [self._sight(row, float(place)) for row, place in zip(chances, places, strict=True)]

    def chances(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 (N, SIDE, SIDE) -> float32 (N, len(KINDS))."""
        return run_network(self.weights, described(pictures))

    def _sight(self, row: np.ndarray, place: float) -> Sight:
        chances = dict(zip(KINDS, map(float, row), strict=True))
        others = {kind: chance for kind, chance in chances.items() if kind != "chest"}
        refused = not chances["chest"] >= self.facts["threshold"]  # what is no number is refused too
        refusals = (REFUSAL_OF[max(others, key=lambda kind: others[kind])],) if refused else ()
        far = not refused and place >= self.facts["far"]
        return Sight(chances, place, refusals, ("unlike_training",) if far else ())


@cache
def gate_at(directory: Path | str) -> Gate:
    """The gate in this folder, opened once per process.

    Raises:
        BundleRejected: see `Gate.open`; nothing passes without a gate.
    """
    return Gate.open(directory)


def gate_named(name: str) -> Gate | None:
    """The gate in the folder of this name, or None for OFF.

    Raises:
        BundleRejected: as gate_at.
    """
    return None if name == OFF else gate_at(name)


def shrunk(picture: Image.Image) -> np.ndarray:
    """A grey image of any size -> uint8 (SIDE, SIDE); the aspect ratio is squashed."""
    if max(picture.size) > 4 * SIDE:
        picture = picture.resize((3 * SIDE, 3 * SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.uint8)


def standardised(pictures: np.ndarray) -> np.ndarray:
    """uint8 (N, SIDE, SIDE) -> float32, the same shape: mean 0, deviation 1 each; exposure says nothing."""
    values = pictures.astype(np.float32)
    values -= values.mean(axis=(1, 2), keepdims=True)
    values /= np.maximum(values.std(axis=(1, 2), keepdims=True), 2.0)
    return values


def described(pictures: np.ndarray) -> np.ndarray:
    """uint8 (N, SIDE, SIDE) -> float32 (N, DESCRIBED): greys, and how much edge runs which way where.

    Each cell of an 8 x 8 grid holds the root of its mean edge in eight directions, dark to bright (so that a negative
    and a turned picture differ), at two sizes of detail.
    """
    values = standardised(pictures)
    half, quarter = _pooled(values, 2), _pooled(values, 4)
    edges = [_edges(values, 8), _edges(half, 4)]
    levels = np.sort(quarter.reshape(len(values), -1), axis=1)[:, ::16]
    return np.concatenate([quarter.reshape(len(values), -1), *edges, levels], axis=1)


_ANGLES = np.arange(8) * np.pi / 4
_RIGHT, _DOWN = (part(_ANGLES).astype(np.float32)[:, np.newaxis, np.newaxis] for part in (np.cos, np.sin))


def _edges(values: np.ndarray, cell: int) -> np.ndarray:
    number, height, width = values.shape
    down = values[:, np.newaxis, 2:, 1:-1] - values[:, np.newaxis, :-2, 1:-1]
    right = values[:, np.newaxis, 1:-1, 2:] - values[:, np.newaxis, 1:-1, :-2]
    edges = np.zeros((number, len(_ANGLES), height, width), np.float32)
    np.maximum(_RIGHT * right + _DOWN * down, 0, out=edges[:, :, 1:-1, 1:-1])
    pooled = _pooled(edges.reshape(-1, height, width), cell)
    return np.asarray(np.sqrt(pooled)).reshape(number, -1)


def _pooled(values: np.ndarray, cell: int) -> np.ndarray:
    number, height, width = values.shape
    cells = values.reshape(number, height // cell, cell, width // cell, cell)
    return np.asarray(cells.mean(axis=(2, 4), dtype=np.float32))


def run_network(weights: Mapping[str, np.ndarray], description: np.ndarray) -> np.ndarray:
    """The forward pass: `described` pictures -> chances (N, len(KINDS)), float32."""
    values = (description - weights["mean"]) * weights["scale"]
    last = sum(name.endswith("_bias") for name in weights) - 1
    for layer in range(last):
        values = np.maximum(values @ weights[f"layer{layer}"] + weights[f"layer{layer}_bias"], 0)
    logits = values @ weights[f"layer{last}"] + weights[f"layer{last}_bias"]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def distances(weights: Mapping[str, np.ndarray], description: np.ndarray) -> np.ndarray:
    """`described` pictures -> (N,): Mahalanobis distance from the children's middle along their main directions."""
    values = (description - weights["mean"]) * weights["scale"]
    return np.asarray(np.linalg.norm((values - weights["middle"]) @ weights["whitening"], axis=1))


def _verified(folder: Path) -> dict[str, bytes]:
    if missing := [name for name in (CHECKSUMS, *CONTENT) if not (folder / name).is_file()]:
        raise BundleRejected("bundle_incomplete", file=missing[0])
    text = (folder / CHECKSUMS).read_text("ascii", "replace")
    digests = {match[2]: match[1] for line in text.splitlines() if (match := _LINE.fullmatch(line))}
    contents = {name: (folder / name).read_bytes() for name in CONTENT}
    for name, content in contents.items():
        if digests.get(name) != hashlib.sha256(content).hexdigest():
            raise BundleRejected("bundle_altered", file=name)
    return contents


def _digest(folder: Path) -> str:
    return hashlib.sha256((folder / CHECKSUMS).read_bytes()).hexdigest()


def write_gate(directory: Path, facts: Mapping[str, Any], card: str, weights: Mapping[str, np.ndarray]) -> Gate:
    """Write a gate's directory (its files are replaced) and open it; what is large is kept as 16-bit floats."""
    stored = io.BytesIO()
    np.savez(stored, **{name: array.astype(kept_as(name)) for name, array in weights.items()})  # type: ignore[arg-type]
    text = json.dumps({"format": FORMAT, "kinds": KINDS, **facts}, indent=1, ensure_ascii=False) + "\n"
    contents = {CARD: card.encode(), FACTS: text.encode(), NETWORK: stored.getvalue()}
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_bytes(content)
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()]
    (directory / CHECKSUMS).write_text("".join(lines))
    return Gate.open(directory)


def kept_as(name: str) -> type:
    """The type in which an array of this name is stored."""
    return np.float16 if re.fullmatch("layer[0-9]+|whitening", name) else np.float32
