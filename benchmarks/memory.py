"""Own memory of the workshop's commands: a tenth of the pictures beside all of them, one run beside five folds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.anonymous_memory import Peak, peak_of
from benchmarks.drawn_pictures import draw_small_set
from benchmarks.table import Table

SIZES = (5_000, 50_000)
OF_FOLDS = 1_000
FOLDS = 5
RECIPE = str(Path(__file__).with_name("tiny_recipe.py"))
TIMEOUT_S = 3600
COLUMNS = ("command", "pictures", "peak MB", "ratio", "seconds")


def run() -> list[Table]:
    """Two tables: by number of pictures, and folds beside one run."""
    return [by_number(SIZES), folds_beside_one(OF_FOLDS)]


def by_number(sizes: Sequence[int]) -> Table:
    """Peaks of `fit` and of `evaluate` with each number of pictures; a ratio is to the first number."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder:
        found = [fit_and_evaluate(Path(folder), count) for count in sizes]
    rows = [
        (command, count, peaks[command].megabytes, peaks[command].megabytes / found[0][command].megabytes, seconds)
        for command in ("fit", "evaluate")
        for count, peaks in zip(sizes, found, strict=True)
        for seconds in [peaks[command].seconds]
    ]
    return Table("Own memory by number of pictures", COLUMNS, rows, "The files that a process maps are not counted.")


def fit_and_evaluate(folder: Path, count: int) -> dict[str, Peak]:
    """An epoch with all that belongs to it (search for leaks, calibration, report), then the same pictures judged."""
    images, run = draw_small_set(folder / f"{count}", count), folder / f"run-{count}"
    fit = ["fit", RECIPE, str(images), "--out", str(run), "--cache", str(folder / "fit"), "--json"]
    found = {"fit": peak_of(fit, TIMEOUT_S)}
    evaluate = ["evaluate", str(run), str(images), "--even-taught", "--json"]  # a cache of its own: it reads all files
    return found | {"evaluate": peak_of([*evaluate, "--cache", str(folder / "evaluate")], TIMEOUT_S)}


def folds_beside_one(count: int) -> Table:
    """Peaks of one run and of a cross-validation, all its processes together."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as name:
        folder = Path(name)
        fit = ["fit", RECIPE, str(draw_small_set(folder / "images", count)), "--json"]
        one = peak_of([*fit, "--out", str(folder / "one")], TIMEOUT_S)
        five = peak_of([*fit, "--out", str(folder / "folds"), "--folds", str(FOLDS)], TIMEOUT_S)
    rows = [
        (command, count, peak.megabytes, peak.megabytes / one.megabytes, peak.seconds)
        for command, peak in (("fit", one), (f"fit --folds {FOLDS}", five))
    ]
    return Table("Own memory of a cross-validation", COLUMNS, rows, "All processes of a command together.")
