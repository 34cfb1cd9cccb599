"""What a run leaves for people and programs: report.html, metrics as JSON and CSV, curves, TensorBoard scalars."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training import plots
from training import report_page as html
from training.augment import Augmentation
from training.cache import read_arrays
from training.data import DataSet
from training.held_out import read_held_out
from training.manifest import Manifest
from training.progress import Progress
from training.report_sections import figures_table, groups_table, held_out_plots, wrong_pictures
from training.scorer import calibration_of, classes_of, scorer_of_run

PAGE = "report.html"
SAMPLES = 6  # of each class
SIZES_READ_AT_MOST = 2000


def write_report(manifest: Manifest, data: DataSet, cache: Path, progress: Progress) -> Path:
    """Write everything that a finished run can show of itself into its folder; returns the page.

    Args:
        data: the images that it learned from and was measured on. cache: where they are decoded.
    """
    progress.say("writing the report")
    write_tables(manifest)
    write_tensorboard(manifest)
    arrays = read_arrays(data, scorer_of_run(manifest).preprocessing, cache, progress)
    recipe = manifest.facts["recipe"]
    sections = [
        ("The run", html.facts(run_facts(manifest))),
        ("Figures", figures_section(manifest)),
        ("The data", data_section(manifest, data, arrays)),
        ("Augmentation", augmentation_section(recipe, arrays, manifest.facts["seed"])),
        ("Training", curves_section(manifest.history)),
        ("Held-out patients", held_out_section(manifest)),
        ("Groups of held-out images", groups_table(manifest.evaluations().get("validation", {}))),
        ("Wrong pictures", wrong_section(manifest, data, arrays)),
        ("The recipe as it was run", html.facts(flat(recipe))),
        ("Software", html.facts(manifest.facts["software"])),
    ]
    about = "Pictures and file names of patients are in this page: guard it like the images."
    path = manifest.run / PAGE
    path.write_text(html.page(f"{recipe['name']}: {manifest.run.name}", about, sections), encoding="utf-8")
    return path


def run_facts(manifest: Manifest) -> dict[str, Any]:
    """The run in a few lines."""
    facts, best = manifest.facts, manifest.best
    return {
        "recipe": f"{facts['recipe']['name']}: {facts['recipe']['title']}",
        "images": f"{facts['data']['images']:,} of {facts['data']['patients']:,} patients",
        "positive class": facts["data"]["positive"],
        "fingerprint of the data": facts["data"]["fingerprint"],
        "seed": facts["seed"],
        "epochs": f"{len(manifest.history)}; epoch {best['epoch']} is kept, by {facts['recipe']['best_by']}",
        "seconds of training": round(sum(row.get("seconds", 0) for row in manifest.history)),
    }


def figures_section(manifest: Manifest) -> str:
    """Every set that the run was measured on, side by side."""
    found = [of for of in manifest.evaluations().values() if of["kind"] == "labelled"]
    calibrated = manifest.evaluations().get("validation", {}).get("thresholds_chosen", "")
    text = "Held-out patients of one data set flatter a network: look at the other sets." if len(found) < 2 else ""
    return figures_table(found) + html.paragraph(calibrated) + html.paragraph(text, "fall")


def data_section(manifest: Manifest, data: DataSet, arrays: np.ndarray) -> str:
    """Counts, sizes and samples."""
    split = manifest.facts["split"]
    counts = {side: split[side]["images"] for side in ("train", "validation")}
    places = [i for label in data.classes for i in np.flatnonzero(data.labelled(label))[:SAMPLES]]
    samples = html.pictures((arrays[i], f"{data.images[i].label} {data.images[i].name}") for i in places)
    return html.plots(plots.class_counts(counts), plots.image_sizes(file_sizes(data))) + samples


def file_sizes(data: DataSet) -> dict[str, np.ndarray]:
    """Width and height of files by class, (n, 2), from their headers; evenly chosen where there are many."""
    step = -(-len(data.images) // SIZES_READ_AT_MOST)
    found: dict[str, list[tuple[int, int]]] = {}
    for image in data.images[::step]:
        if size := file_size(image.path):
            found.setdefault(image.label, []).append(size)
    return {label: np.array(sizes) for label, sizes in found.items()}


def file_size(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels; None where no header tells them."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.size
    except (UnidentifiedImageError, OSError):
        pass
    import pydicom

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["Rows", "Columns"])
        return int(header.Columns), int(header.Rows)
    except (pydicom.errors.InvalidDicomError, AttributeError, ValueError, OSError, EOFError):
        return None


def augmentation_section(recipe: Mapping[str, Any], arrays: np.ndarray, seed: int) -> str:
    """Two pictures as they are, and as training saw them."""
    augment = Augmentation(**recipe["augmentation"])
    shown = []
    for place in (0, len(arrays) - 1):
        shown.append((arrays[place], "as it is"))
        shown += [(augment(arrays[place], seed, epoch, place), f"epoch {epoch + 1}") for epoch in range(SAMPLES)]
    switched = ", ".join(f"{name} {value}" for name, value in recipe["augmentation"].items() if value)
    return html.paragraph(switched or "None.") + html.pictures(shown)


def curves_section(history: list[dict[str, Any]]) -> str:
    """Loss, accuracy, AUC and rate per epoch."""
    kinds = {"Loss": "loss", "Accuracy": "accuracy", "AUC": "auc"}
    drawn = [plots.curves(history, [f"train_{n}", f"validation_{n}"], title) for title, n in kinds.items()]
    return html.plots(*drawn, plots.curves(history, ["rate"], "Learning rate"))


def held_out_section(manifest: Manifest) -> str:
    """Confusion, ROC, precision and recall, reliability, histogram."""
    classes = classes_of(manifest)
    data, raw = read_held_out(manifest, classes)
    thresholds = (manifest.evaluation("validation") or {}).get("thresholds", {})
    return held_out_plots(data, raw, classes, manifest.facts["data"]["positive"], calibration_of(manifest), thresholds)


def wrong_section(manifest: Manifest, data: DataSet, arrays: np.ndarray) -> str:
    """The wrong ones of the held-out images."""
    scorer = scorer_of_run(manifest)
    part, raw = read_held_out(manifest, scorer.classes)
    place = scorer.classes.index(scorer.positive)
    chances = scorer.calibration.applied(raw, place) if scorer.calibration else raw
    names = {image.name for image in part.images}
    places = {image.name: i for i, image in enumerate(data.images) if image.name in names}
    return wrong_pictures(scorer, part, chances, lambda i: arrays[places[part.images[i].name]])


def write_tables(manifest: Manifest) -> None:
    """metrics.json (all evaluations), metrics.csv (a row per figure), curves.csv (a row per epoch)."""
    evaluations = manifest.evaluations()
    (manifest.run / "metrics.json").write_text(json.dumps(evaluations, indent=1, allow_nan=False))
    rows = [(name, *row) for name, found in evaluations.items() for row in figure_rows(found)]
    _write_csv(manifest.run / "metrics.csv", ("set", "figure", "value", "low", "high"), rows)
    columns = list(dict.fromkeys(name for row in manifest.history for name in row))
    lines = [tuple(row.get(name, "") for name in columns) for row in manifest.history]
    _write_csv(manifest.run / "curves.csv", columns, lines)


def figure_rows(found: Mapping[str, Any], before: str = "") -> Iterator[tuple[Any, ...]]:
    """Every figure in an evaluation with its interval: dotted name, value, low, high."""
    for name, value in found.items():
        if isinstance(value, Mapping) and set(value) == {"value", "low", "high"}:
            yield f"{before}{name}", value["value"], value["low"], value["high"]
        elif isinstance(value, Mapping):
            yield from figure_rows(value, f"{before}{name}.")
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from figure_rows(item, f"{before}{name}.{place}.") if isinstance(item, Mapping) else ()


def _write_csv(path: Path, head: Any, rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)


def write_tensorboard(manifest: Manifest) -> bool:
    """Scalars of every epoch in RUN/tensorboard, written anew; False where there is no TensorFlow."""
    try:
        import tensorflow as tf
    except ImportError:
        return False
    folder = manifest.run / "tensorboard"
    for old in folder.glob("events.*"):
        old.unlink()
    with tf.Graph().as_default():  # the plain writer: tf.summary.scalar asks for the TensorBoard package
        writer = tf.compat.v1.summary.FileWriter(str(folder))
        for row in manifest.history:
            values = [
                tf.compat.v1.Summary.Value(tag=name, simple_value=float(value))
                for name, value in row.items()
                if name != "epoch"
            ]
            writer.add_summary(tf.compat.v1.Summary(value=values), row["epoch"])
        writer.close()
    return True


def flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested values under dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, Mapping) else {f"{before}{name}": value}
    return found
