"""What the workshop keeps in memory does not grow with the number of images, but for a line about each."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drawn_pictures import draw_small_set
from benchmarks.own_family import with_children
from training import cache, leaks
from training.data import DataSet, LabelledImage, find_images
from training.leaks import Side, find_leaks


def peak_of(work: Callable[[], object]) -> int:
    """Bytes that Python and numpy held at most while it ran."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def set_of(arrays: np.ndarray, name: str) -> DataSet:
    rows = (LabelledImage(Path(), f"{name}{i}", "AB"[i % 2], f"{name}{i}", f"{name}{i}") for i in range(len(arrays)))
    return DataSet(tuple(rows), ("A", "B"))


def test_a_data_set_keeps_a_line_about_each_image(tmp_path: Path) -> None:
    kept: list[DataSet] = []
    root = draw_small_set(tmp_path / "images", 400, side=12)
    find_images(root)  # what is imported and compiled once is not counted
    tracemalloc.start()
    kept.append(find_images(root))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept[0].images) == 400
    assert kept[0].images[7].path.read_bytes()
    assert size / 400 < 700


def test_files_are_not_all_asked_for_at_once() -> None:
    asked, lock, most = [0], threading.Lock(), [0]

    def read(index: int) -> str | None:
        with lock:
            asked[0] += 1
        return "broken" if index == 999 else None

    told = []
    for done, refusal in enumerate(cache._a_few_ahead(read, 1000)):
        most[0] = max(most[0], asked[0] - done)
        told.append(refusal)
    assert most[0] <= cache.AHEAD + 1
    assert told == [None] * 999 + ["broken"]


def test_the_search_for_leaks_takes_the_same_memory_for_more_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "BLOCK", 32)
    draw = np.random.default_rng(0)

    def search(count: int) -> Callable[[], object]:
        arrays = draw.integers(0, 256, (count, 48, 48, 1), dtype=np.uint8)
        one, other = (Side.whole(set_of(arrays, name), arrays) for name in "xy")
        one = Side(one.data, arrays, np.arange(count // 2))
        other = Side(other.data, arrays, np.arange(count // 2, count))
        return lambda: find_leaks(one, other)

    search(64)()
    few, many = peak_of(search(128)), peak_of(search(1280))
    assert many < few * 1.1 + 1280 * 200


HOLDS_BOTH = """
import os
import sys
import numpy as np
from benchmarks.anonymous_memory import anonymous_kilobytes
before = anonymous_kilobytes(os.getpid())
file = np.memmap(sys.argv[1], np.uint8, "w+", shape=(40_000_000,))
file[:] = 1
mapped = anonymous_kilobytes(os.getpid())
held = np.ones(40_000_000, np.uint8)
print(mapped - before, anonymous_kilobytes(os.getpid()) - mapped)
"""


def test_own_memory_of_a_process_is_seen_and_mapped_files_are_not(tmp_path: Path) -> None:
    assert with_children(os.getpid())[0] == os.getpid()
    said = subprocess.run([sys.executable, "-c", HOLDS_BOTH, tmp_path / "mapped"], capture_output=True, check=True)
    mapped, held = map(int, said.stdout.split())  # in a process of its own: here memory that was let go is used again
    assert mapped < 10_000
    assert held > 35_000
