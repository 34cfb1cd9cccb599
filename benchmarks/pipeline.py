"""Pictures per second that reach the network: our pipeline, a Python loop per picture, Keras' own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.drawn_pictures import draw_full_size_set
from benchmarks.running_demo import ROOT
from benchmarks.table import Table, median
from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.batches import TrainingBatches
from training.cache import read_arrays
from training.data import find_images
from training.progress import Progress
from training.recipe import find_recipe

SIDE, BATCH = 160, 32
ROTATION, ZOOM, SHIFT = 30.0, 0.2, 0.1  # of cnn160, as published; and flips
REAL = ROOT.parent / "shared" / "data" / "chest_xray_full_size"
DRAWN = 120
SECONDS = 8.0  # for each way; the second epoch is repeated until they are over
ROUNDS = 3  # the ways take turns, so that a busy machine is unfair to none of them

COLUMNS = ("way", "pictures per second", "ours is times as fast", "CPU ms per picture", "times our CPU")

Epoch = Callable[[], Iterable[Any]]


def run() -> list[Table]:
    """One table: what each way gives in a second, and what a picture costs."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder:
        images = REAL if REAL.is_dir() else draw_full_size_set(Path(folder) / "images", DRAWN)
        ways = {
            "ours: cache on disk, one affine": our_epochs(images, Path(folder) / "cache"),
            "Python loop: Pillow and numpy per picture": loop_epochs(images),
            "Keras: files and layers": keras_epochs(images, cached=False),
            "Keras: .cache() and layers": keras_epochs(images, cached=True),
        }
        count, *_ = [pictures_in(epoch()) for epoch in ways.values()]  # the first epoch fills the caches
        free, measured = free_cores(), in_turns(ways)
    title = f"{count} full-size {'X-rays' if images == REAL else 'drawn pictures'}, {SIDE} x {SIDE}, by {BATCH}"
    meaning = (
        f"The same on all sides: turned, zoomed, shifted, mirrored. Median of {ROUNDS} rounds in turns; "
        f"{free:.1f} of {os.cpu_count()} cores were free."
    )
    return [Table(f"Input pipeline, second epoch: {title}", COLUMNS, compared(measured), meaning)]


def in_turns(ways: Mapping[str, Epoch]) -> dict[str, tuple[float, float]]:
    """Pictures per second and CPU milliseconds per picture of each way."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, epoch in ways.items():
            found[name].append(rate(epoch, SECONDS / ROUNDS))
    return {name: (median([r for r, _ in rounds]), median([c for _, c in rounds])) for name, rounds in found.items()}


def compared(measured: Mapping[str, tuple[float, float]]) -> list[Sequence[Any]]:
    """A row per way, each beside the first."""
    rate_of_ours, cost_of_ours = next(iter(measured.values()))
    return [(name, rate, rate_of_ours / rate, cost, cost / cost_of_ours) for name, (rate, cost) in measured.items()]


def free_cores() -> float:
    """Cores that nobody uses just now, from the time that /proc/stat counts as idle in half a second."""
    before = _idle_ticks()
    time.sleep(0.5)
    return (_idle_ticks() - before) / os.sysconf("SC_CLK_TCK") / 0.5


def _idle_ticks() -> int:
    return int(Path("/proc/stat").read_text().splitlines()[0].split()[4])


def rate(epoch: Epoch, seconds: float) -> tuple[float, float]:
    """Pictures per second, and milliseconds of all cores per picture, over whole epochs for at least so long."""
    began, worked, passed, count = time.perf_counter(), time.process_time(), 0.0, 0
    while passed < seconds:
        count += pictures_in(epoch())
        passed = time.perf_counter() - began
    return count / passed, (time.process_time() - worked) / count * 1000


def pictures_in(batches: Iterable[Any]) -> int:
    """Read all of it; how many pictures it was."""
    return sum(len(batch[0]) for batch in batches)


def our_epochs(images: Path, cache: Path) -> Epoch:
    """As `fit` feeds cnn160."""
    data = find_images(images)
    recipe = replace(
        find_recipe("cnn160"),
        preprocessing=Preprocessing(SIDE, SIDE),
        augmentation=Augmentation(rotation=ROTATION, zoom=ZOOM, shift=SHIFT, flip=True),
        batch_size=BATCH,
    )
    arrays = read_arrays(data, recipe.preprocessing, cache, Progress(quiet=True))
    labels = np.array([data.classes.index(image.label) for image in data.images])
    targets, places = labels.astype(np.float32)[:, np.newaxis], np.arange(len(labels))
    epochs = iter(range(10**9))
    return lambda: TrainingBatches(recipe, arrays, targets, labels, places, 1, next(epochs))


def loop_epochs(images: Path) -> Epoch:
    """As the published programs do it: every picture is read, resized and augmented each time, in one thread."""
    paths = sorted(path for path in images.rglob("*") if path.suffix in (".jpeg", ".jpg", ".png"))
    draw = np.random.default_rng(1)

    def epoch() -> Iterator[tuple[np.ndarray]]:
        for start in range(0, len(paths), BATCH):
            yield (np.stack([_read_and_changed(path, draw) for path in paths[start : start + BATCH]]),)

    return epoch


def _read_and_changed(path: Path, draw: np.random.Generator) -> np.ndarray:
    """One float32 (SIDE, SIDE, 1) picture, 0 to 1: each change is a pass of its own."""
    with Image.open(path) as opened:
        image = opened.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    moved = tuple(int(share * SIDE) for share in draw.uniform(-SHIFT, SHIFT, 2))
    image = image.rotate(draw.uniform(-ROTATION, ROTATION), Image.Resampling.BILINEAR, translate=moved)
    inset = SIDE * draw.uniform(-ZOOM, ZOOM) / 2
    box = (inset, inset, SIDE - inset, SIDE - inset)
    image = image.transform((SIDE, SIDE), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    pixels = np.asarray(image, np.float32)[:, :, np.newaxis] / 255
    return pixels[:, ::-1] if draw.random() < 0.5 else pixels


def keras_epochs(images: Path, cached: bool) -> Epoch:
    """Keras' reader of folders and its layers for the same four changes, mapped over the batches."""
    import keras
    import tensorflow as tf

    read = keras.utils.image_dataset_from_directory(
        images, color_mode="grayscale", image_size=(SIDE, SIDE), batch_size=BATCH, seed=1, verbose=False
    )
    layers = keras.layers
    chain = [
        layers.RandomRotation(ROTATION / 360, fill_mode="nearest"),
        layers.RandomZoom(ZOOM, ZOOM, fill_mode="nearest"),
        layers.RandomTranslation(SHIFT, SHIFT, fill_mode="nearest"),
        layers.RandomFlip("horizontal"),
    ]

    def changed(pictures: Any, labels: Any) -> tuple[Any, Any]:
        for layer in chain:
            pictures = layer(pictures, training=True)
        return pictures, labels

    kept = read.cache() if cached else read
    made = kept.map(changed, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    return lambda: made
