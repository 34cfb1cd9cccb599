"""From a file to a probability: the published way, Keras' ways, the engine under load, each part alone, the limit.

Measured with the network `cnn160` (331 million multiply-adds), whose weights are drawn: what it says does not matter.
"""

from __future__ import annotations

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from benchmarks.runtimes import OTHERS, cores
from benchmarks.sender import chest_like
from benchmarks.table import Table

if TYPE_CHECKING:
    from inference.bundle import Bundle

SHIPPED = Path(__file__).parents[1] / "inference" / "bundles" / "pneumonia"
FILES = 24
ROUNDS = 7
SLICE_SECONDS = 0.7
CALLERS = (1, 2, 4, 8, 16, 32, 64)
Way = Callable[[float], int]
"""Does its work for about so many seconds; how many pictures that were."""


class Rate(NamedTuple):
    """Pictures per second by the clock, and milliseconds of processor time (all threads) per picture."""

    per_second: float
    cpu_ms: float


def run() -> list[Table]:
    """Three tables: prepared pictures by every way, the parts alone, and from the file with 1 to 64 callers."""
    from inference.engine import Engine
    from inference.runtime import load_network

    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder:
        bundle = write_cnn160(Path(folder) / "cnn160")
        network = load_network(bundle, device="cpu", lite=True)
    files = [chest_like(seed) for seed in range(FILES)]
    arrays = [prepared(bundle, data) for data in files]
    engine = Engine(network)
    try:
        ways = network_ways(network, arrays) | part_ways(bundle, network, files, arrays)
        ways |= engine_ways(bundle, engine, files, arrays)
        rates = measured(ways)
    finally:
        engine.close()
    return tables(rates, f"{bundle.name} {bundle.version}")


def write_cnn160(directory: Path) -> Bundle:
    """The recipe's network with drawn weights as a bundle."""
    import keras

    from inference.bundle import write_bundle
    from training.recipe import find_recipe

    recipe = find_recipe("cnn160")
    facts = json.loads((SHIPPED / "bundle.json").read_text())
    facts |= {"name": "cnn160", "preprocessing": recipe.preprocessing.to_dict(), "calibration": {"method": "none"}}
    facts.pop("format")
    keras.utils.set_random_seed(1)
    network = directory.with_suffix(".keras")
    recipe.build_model(1).save(network)
    return write_bundle(directory, facts, "# For measuring\n", network.read_bytes())


def prepared(bundle, data: bytes) -> np.ndarray:
    """A file as the network's input."""
    from inference.radiograph import read_radiograph

    return bundle.preprocessing(read_radiograph(data))


def network_ways(network, arrays: list[np.ndarray]) -> dict[str, Way]:
    """Prepared pictures -> probabilities: the ways that Keras offers, ours, other runtimes and compilers."""
    model = network._model  # the same weights for every way
    ways = {
        "Keras predict, 1": repeated(lambda: model.predict(arrays[0][np.newaxis], verbose=0), 1),
        "calling the model, 1": repeated(lambda: np.asarray(model(arrays[0][np.newaxis], training=False)), 1),
    }
    batches = {size: np.stack((arrays * 2)[:size]) for size in (1, 8, 32)}
    for size, batch in batches.items():
        ways[f"compiled function, {size}"] = repeated(compiled_call(network, batch), size)
    for size, batch in batches.items():
        ways[f"network as served, {size}"] = repeated(lambda batch=batch: network.predict(batch), size)
    for name, made in OTHERS.items():
        for size in (1, 32):
            if call := made(network, batches[size]):
                ways[f"{name}, {size}"] = repeated(call, size)
    return ways


def compiled_call(network, batch: np.ndarray) -> Callable[[], np.ndarray]:
    """The bare compiled function, weights as constants, without LiteRT."""
    import tensorflow as tf

    function = network.ladder.way.compiled
    return lambda: function(tf.constant(batch))[0].numpy()


def part_ways(bundle, network, files: list[bytes], arrays: list[np.ndarray]) -> dict[str, Way]:
    """Each part alone with every core busy, which gives the limit; and the published way: one by one, all of it."""
    from inference.radiograph import read_radiograph

    radiographs = [read_radiograph(data) for data in files[:4]]
    size = (bundle.preprocessing.width, bundle.preprocessing.height)

    def published(data: bytes) -> None:
        picture = Image.open(io.BytesIO(data)).convert("L").resize(size)
        network._model.predict(np.asarray(picture)[np.newaxis, :, :, np.newaxis], verbose=0)

    return {
        "published way": repeated_over(published, files),
        "decode": in_threads(cores(), read_radiograph, files),
        "prepare": in_threads(cores(), bundle.preprocessing, radiographs),
        "decode and prepare": in_threads(cores(), lambda data: prepared(bundle, data), files),
        "network": repeated(lambda: network.predict(np.stack((arrays * 2)[:32])), 32),
    }


def engine_ways(bundle, engine, files: list[bytes], arrays: list[np.ndarray]) -> dict[str, Way]:
    """The engine with a prepared picture, and from the file, asked by 1 to 64 threads that wait for each answer."""

    def from_file(data: bytes) -> None:
        engine.predict(prepared(bundle, data)).result()

    ways = {"engine, prepared, 1": in_threads(1, lambda array: engine.predict(array).result(), arrays)}
    return ways | {f"engine, file, {count}": in_threads(count, from_file, files) for count in CALLERS}


def repeated(act: Callable[[], object], pictures: int) -> Way:
    """One thread, again and again."""

    def way(seconds: float) -> int:
        end, done = time.perf_counter() + seconds, 0
        while not done or time.perf_counter() < end:
            act()
            done += pictures
        return done

    return way


def repeated_over(act: Callable[[bytes], object], files: list[bytes]) -> Way:
    """The same, one file after another."""
    return in_threads(1, act, files)


def in_threads(count: int, act: Callable, items: list) -> Way:
    """So many callers at once, each with its own place in the list, until the time is up."""

    def way(seconds: float) -> int:
        end, done = time.perf_counter() + seconds, [0] * count

        def caller(number: int) -> None:
            while not done[number] or time.perf_counter() < end:
                act(items[(number + done[number]) % len(items)])
                done[number] += 1

        with ThreadPoolExecutor(count) as pool:
            list(pool.map(caller, range(count)))
        return sum(done)

    return way


def measured(ways: dict[str, Way]) -> dict[str, Rate]:
    """Medians over rounds in which the ways take turns, so that a busy neighbour hits them all."""
    for way in ways.values():
        way(0.05)
    rounds = [{name: timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    return {name: Rate(*map(statistics.median, zip(*(found[name] for found in rounds), strict=True))) for name in ways}


def timed(way: Way) -> Rate:
    """One slice."""
    began, used = time.perf_counter(), time.process_time()
    done = way(SLICE_SECONDS)
    return Rate(done / (time.perf_counter() - began), 1000 * (time.process_time() - used) / done)


def tables(rates: dict[str, Rate], title: str) -> list[Table]:
    """As a person reads them."""
    names = [name for name in rates if name.startswith(NETWORKS)]
    whole = [name for name in rates if name.startswith(("published", "engine, file"))]
    decode, network = rates["decode and prepare"], rates["network"]
    limit = Rate(1 / (1 / decode.per_second + 1 / network.per_second), decode.cpu_ms + network.cpu_ms)
    parts = [(name, *figures(rates[name])) for name in ("decode", "prepare", "decode and prepare", "network")]
    return [
        Table(
            f"Prepared pictures to probabilities ({title})",
            ("how, pictures per call", *COLUMNS, "times Keras", "CPU of the bare function"),
            [beside(name, rates, rates["Keras predict, 1"], rates["compiled function, 1"]) for name in names],
            "The bare function is the compiled one with a single picture; the engine's one picture goes through its "
            "queue and thread. As served: LiteRT for lone pictures, else the compiled function."
            + ("" if "ONNX Runtime, 1" in rates else " ONNX Runtime is not installed (docs/benchmarks.md)."),
        ),
        Table(
            f"The parts alone, {cores()} cores busy",
            ("part", *COLUMNS),
            [*parts, ("limit", *figures(limit))],
            "Decode: JPEG of 1.5 megapixels at full size. Network: batches of 32. Limit: decode and prepare, then the "
            "network, all cores at each.",
        ),
        Table(
            "From file to probability",
            ("how, callers", *COLUMNS, "times published", "share of the limit", "CPU of the limit"),
            [(*beside(name, rates, rates["published way"], limit)[:-1], *shares(rates[name], limit)) for name in whole],
            "On a machine with neighbours trust the CPU column: it counts the work, not the waiting.",
        ),
    ]


COLUMNS = ("ms", "pictures per s", "CPU ms")
NETWORKS = ("Keras", "calling", "compiled", "network as served", "engine, prepared", *OTHERS)


def figures(rate: Rate) -> tuple[float, float, float]:
    """Milliseconds per picture, pictures per second, milliseconds of processor time per picture."""
    return 1000 / rate.per_second, rate.per_second, rate.cpu_ms


def beside(name: str, rates: dict[str, Rate], slow: Rate, bare: Rate) -> tuple[str | float, ...]:
    """A row: the figures, how many times as fast as the slow way, and its processor time over that of the bare one."""
    rate = rates[name]
    return name, *figures(rate), rate.per_second / slow.per_second, rate.cpu_ms / bare.cpu_ms


def shares(rate: Rate, limit: Rate) -> tuple[float, float]:
    """Of the limit's speed, and processor time over the limit's."""
    return rate.per_second / limit.per_second, rate.cpu_ms / limit.cpu_ms
