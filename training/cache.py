"""Decoded pictures on disk: each file is read once per preprocessing, and memory does not grow with their number."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from inference.errors import RadiographError
from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from training.data import DataSet
from training.errors import WorkshopError
from training.progress import Progress

NAMED_AT_MOST = 5
AHEAD = 64  # pictures that wait at most


def read_arrays(data: DataSet, preprocessing: Preprocessing, folder: Path, progress: Progress) -> np.ndarray:
    """The network's inputs, a read-only memory map uint8 (N, H, W, 1) in the order of the data set.

    Built on the first call through the same reader and preprocessing that serving uses, found again on the next one.
    WorkshopError names the files that can't be read; nothing half built stays behind.
    """
    key = hashlib.sha256(f"{preprocessing.fingerprint}{data.fingerprint}".encode()).hexdigest()[:16]
    path = folder / f"{key}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _build(path, data, preprocessing, progress)
    arrays: np.ndarray = np.load(path, mmap_mode="r")
    return arrays


def _build(path: Path, data: DataSet, preprocessing: Preprocessing, progress: Progress) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    shape = (len(data.images), preprocessing.height, preprocessing.width, 1)
    try:
        arrays = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
        _refuse_unreadable(_fill(arrays, data, preprocessing, progress))
        arrays.flush()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _fill(arrays: np.ndarray, data: DataSet, preprocessing: Preprocessing, progress: Progress) -> Iterator[str]:
    """Write every picture in its place; yields a line for each file that can't be read."""

    def read(index: int) -> str | None:
        try:
            arrays[index] = preprocessing(read_radiograph(data.images[index].path.read_bytes()))
        except RadiographError as error:
            return f"{data.images[index].name}: {error.message('en')}"
        return None

    for refusal in progress.track(_a_few_ahead(read, len(arrays)), len(arrays), "reading images"):
        if refusal:
            yield refusal


def _a_few_ahead(read: Callable[[int], str | None], count: int) -> Iterator[str | None]:
    """What `read` says of every place, in order, by threads; not all are asked for at once, or memory would grow."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        waiting: deque[Future[str | None]] = deque()
        for index in range(count):
            waiting.append(threads.submit(read, index))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _refuse_unreadable(refusals: Iterator[str]) -> None:
    lines = list(refusals)
    if lines:
        more = f"\n  and {len(lines) - NAMED_AT_MOST} more" if len(lines) > NAMED_AT_MOST else ""
        shown = "\n  ".join(lines[:NAMED_AT_MOST])
        raise WorkshopError(f"{len(lines)} files can't be read; repair or remove them:\n  {shown}{more}")
