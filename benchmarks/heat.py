"""Heat maps: how many are shown, how many are refused and why, how many wrong ones would pass, and what one costs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.running_demo import ROOT
from benchmarks.table import Table, median
from inference.answers import DEFAULT_BUNDLE, files_under
from inference.bundle import Bundle
from inference.heat_check import Checked, check, checked_map
from inference.radiograph import read_radiograph
from inference.saliency import PATCHES

PICTURES = ROOT.parent / "shared" / "data" / "chest_xray_full_size"
MISSING = (
    "Nothing measured: there is no folder {folder}. Expected are chest X-rays (JPEG, PNG or DICOM, in folders by "
    "class), the 120 of the Kermany set in full size for the figures of docs/heat_map.md. "
    "Name yours: PICTURES=folder python -m benchmarks heat"
)
CAUSES = ("", "heat_unmoved", "heat_outside")
COLUMNS = ("pictures", "number", "shown", "refused: the score stays", "refused: heat outside the body")
WRONG = ("map put to the same check", "would be shown", "share")
COST = ("what", "ms", "times one plain score")


@dataclass(frozen=True)
class Made:
    """One picture: its class (the folder's name), band, map and check, and the seconds of a plain score and of both."""

    kind: str
    band: str
    array: np.ndarray
    heat: np.ndarray
    checked: Checked
    plain_s: float
    map_s: float


def run() -> list[Table]:
    """What became of the maps, of wrong ones, and the cost; BUNDLE=folder for another model than the one that ships."""
    folder = Path(os.environ.get("PICTURES", PICTURES))
    if not folder.is_dir():
        return [Table("Heat maps", COLUMNS, meaning=MISSING.format(folder=folder))]
    from inference.runtime import load_network  # TensorFlow takes seconds

    bundle = Bundle.open(Path(os.environ.get("BUNDLE", DEFAULT_BUNDLE)))
    network = load_network(bundle)
    made = [make(network, file) for file in files_under([folder])]
    return [outcomes(f"{bundle.name} {bundle.version}", made), wrong_maps(network, made), costs(made)]


def make(network: Any, file: Path) -> Made:
    """The map of one file for the positive class, as a worker makes it."""
    bundle = network.bundle
    array = bundle.preprocessing(read_radiograph(file.read_bytes()))
    began = time.perf_counter()
    rows = network.predict(array[np.newaxis])
    scored = time.perf_counter()
    heat, checked = checked_map(network, array, bundle.positive)
    ended = time.perf_counter()
    band = bundle.thresholds.band(float(rows[0, network.classes.index(bundle.positive)]))
    return Made(file.parent.name, band, array, heat, checked, scored - began, ended - scored)


def outcomes(model: str, made: Sequence[Made]) -> Table:
    """By class and by band."""
    groups = {"all": list(made)}
    groups |= {kind: [one for one in made if one.kind == kind] for kind in sorted({one.kind for one in made})}
    groups |= {band: [one for one in made if one.band == band] for band in ("unlikely", "uncertain", "likely")}
    rows = [(name, len(group), *map(_share(group), CAUSES)) for name, group in groups.items() if group]
    outside = median([one.checked.outside for one in made])
    meaning = f"Class by the folder's name, band by the model's answer. {outside:.1%} of the heat lay outside (median)."
    return Table(f"Heat maps of {model}", COLUMNS, rows, meaning)


def _share(group: Sequence[Made]) -> Callable[[str], str]:
    def told(cause: str) -> str:
        count = sum(one.checked.refusal == cause for one in group)
        return f"{count} ({count / len(group):.1%})"

    return told


def wrong_maps(network: Any, made: Sequence[Made]) -> Table:
    """Maps that are not of this picture: how often the check would let them through."""
    rng, others = np.random.default_rng(0), [*made[1:], made[0]]
    wrong = {
        "patches at random": [random_patches(rng, one.heat.shape) for one in made],
        "its own, moved down by a third and right by a fifth": [moved(one.heat) for one in made],
        "its own, mirrored left to right": [one.heat[:, ::-1] for one in made],
        "another picture's": [one.heat for one in others],
    }
    rows = [_passed(network, name, list(zip(heats, made, strict=True))) for name, heats in wrong.items()]
    return Table("Wrong maps", WRONG, rows, "The network looks at much the same places in every chest, on both sides.")


def random_patches(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """As coarse as a map that is made by covering; half of the patches are cold."""
    patches = np.clip(rng.random((PATCHES, PATCHES)).astype(np.float32) * 2 - 1, 0, 1)
    smooth = Image.fromarray(patches).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(smooth)


def moved(heat: np.ndarray) -> np.ndarray:
    """What goes over the edge comes in on the other side."""
    return np.roll(heat, (heat.shape[0] // 3, heat.shape[1] // 5), (0, 1))


def _passed(network: Any, name: str, maps: Sequence[tuple[np.ndarray, Made]]) -> tuple[str, int, str]:
    column = network.classes.index(network.bundle.positive)
    shown = sum(not check(heat, one.array, network.predict, column).refusal for heat, one in maps)
    return name, shown, f"{shown / len(maps):.1%}"


def costs(made: Sequence[Made]) -> Table:
    """Medians; the ratios hold on other machines too."""
    plain, whole = (median([1000 * getattr(one, name) for one in made]) for name in ("plain_s", "map_s"))
    rows = [("one plain score", plain, 1.0), ("one heat map with its check", whole, whole / plain)]
    return Table("What a heat map costs", COST, rows, "Prepared pictures, one at a time, without reading the file.")
