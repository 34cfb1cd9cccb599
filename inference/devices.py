"""Which device answers, and what is done when its memory runs out. TensorFlow is handed in by inference.runtime."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inference.errors import OutputRejected

log = logging.getLogger(__name__)
CPU, GPU = "/CPU:0", "/GPU:0"
EQUAL = 1e-3
"""Another device or precision serves only where no probability differs by more from the CPU's in float32."""
REST_SECONDS = 60.0
"""So long a device that ran out of memory is left with the smaller batch, or alone; then it is tried again."""
_MEMORY = re.compile(r"out of memory|\bOOM\b|ALLOC_FAILED|failed to allocate", re.IGNORECASE)


@dataclass(frozen=True)
class Way:
    """One way to the network's numbers: `ask` takes uint8 (N, H, W, 1), gives (N, width); `compiled` is behind it."""

    name: str
    ask: Callable[[np.ndarray], np.ndarray]
    compiled: Any = None


def prepare_device(tensorflow: Any, wanted: str, threads: int = 0) -> str:
    """Settle what this process computes on: one device, which takes memory as it needs it. Gives "/GPU:0" or "/CPU:0".

    A GPU is found by itself; of several the first that CUDA_VISIBLE_DEVICES names is taken, the others are left to
    other processes. Where TensorFlow runs already, what the first call chose stays.

    Args:
        wanted: "cpu", "gpu", or "auto": a GPU where there is one.
        threads: how many CPU threads TensorFlow may use; 0: its own choice.
    Raises:
        ValueError: "gpu" was asked for and there is none.
    """
    gpus = tensorflow.config.list_physical_devices("GPU") if wanted != "cpu" else []
    if wanted == "gpu" and not gpus:
        raise ValueError("device gpu was asked for, and TensorFlow sees none")
    try:
        for gpu in gpus[:1]:
            tensorflow.config.set_visible_devices(gpu, "GPU")
            tensorflow.config.experimental.set_memory_growth(gpu, True)  # or it takes the whole card at the first call
        if threads:
            tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
            tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # TensorFlow runs already
    return GPU if gpus else CPU


def is_memory_error(error: BaseException) -> bool:
    """Whether a device, or this machine, had no room: by its class, or by what CUDA's libraries say in their words."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"
    return named or bool(_MEMORY.search(str(error)))


def first_equal(
    makers: Iterable[Callable[[], Way]],
    reference: Way,
    pictures: np.ndarray,
    probabilities: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> Way | None:
    """The first way that can be made, answers, and gives the reference's probabilities within EQUAL; None: none does.

    Args:
        makers: from the fastest to the plainest. pictures: uint8 (N, H, W, 1) to compare on.
        probabilities: what is made of the network's numbers, such as a calibration, which may widen a difference.
    """

    def differs(way: Way) -> float:
        return _difference(way.ask(pictures), reference.ask(pictures), probabilities)

    return next((way for make in makers if (way := _made_if_equal(make, differs))), None)


def _made_if_equal(make: Callable[[], Way], differs: Callable[[Way], float]) -> Way | None:
    try:
        way = make()
        difference = differs(way)
    except Exception as error:
        if not is_memory_error(error):
            raise
        log.warning("no memory for the network by way of %s", getattr(make, "__name__", "a device"))
        return None
    if not difference <= EQUAL:
        log.warning("%s is not used: a probability differs by %.4f", way.name, difference)
        return None
    return way


def _difference(found: np.ndarray, expected: np.ndarray, probabilities: Callable[[np.ndarray], np.ndarray]) -> float:
    if found.shape != expected.shape or not (np.isfinite(found) & np.isfinite(expected)).all():
        return float("inf")
    return float(np.abs(probabilities(found) - probabilities(expected)).max())


def probe_pictures(shape: tuple[int, int, int], count: int = 16) -> np.ndarray:
    """Pictures to compare devices on, uint8 (count, *shape): black, white, noise, soft shapes; the same every time."""
    rng = np.random.default_rng(7)
    across = np.linspace(0, 1, shape[1])[None, :, None] + np.linspace(0, 1, shape[0])[:, None, None]
    soft = [np.sin(across * rng.uniform(1, 12) + rng.uniform(0, 6)) * 90 + 128 for _ in range(count - 4)]
    noise = [rng.normal(mean, 40, shape) for mean in (80, 170)]
    pictures = [np.zeros(shape), np.full(shape, 255.0), *noise, *soft]
    probes: np.ndarray = np.clip(np.stack(pictures), 0, 255).astype(np.uint8)
    return probes


def with_policy(config: Any, policy: str) -> Any:
    """A Keras configuration in which every layer computes by `policy` (such as "mixed_float16").

    Layers that give or average probabilities keep theirs: near 1 a 16-bit number is too coarse for them.
    """
    if isinstance(config, list | tuple):
        return [with_policy(item, policy) for item in config]
    if not isinstance(config, dict) or config.get("activation") in ("sigmoid", "softmax"):
        return config
    if config.get("class_name") in ("Average", "Softmax"):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": policy}}
    return {name: with_policy(value, policy) for name, value in config.items()}


class Ladder:
    """Answers every batch: by the first way as long as its memory lasts, then in smaller batches, then by the next way.

    Args:
        ways: the preferred one first; the last is the one that must hold, its errors are raised.
        sizes: the batch sizes that a way is asked with, rising; what is fewer is filled up with black pictures.
    Raises, when asked:
        OutputRejected: a way gives more or fewer answers than it got pictures.
    """

    def __init__(
        self,
        ways: Sequence[Way],
        sizes: Sequence[int],
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ways = tuple(ways)
        self.sizes = tuple(sizes)
        self._rest_seconds, self._clock = rest_seconds, clock
        self._climb()

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1), N at least 1 -> the network's numbers (N, width)."""
        if self._clock() > self._rest_until:
            self._climb()
        rows: list[np.ndarray] = []
        while (done := sum(map(len, rows))) < len(batch):
            part = batch[done : done + self.largest]
            try:
                rows.append(self._asked(part))
            except Exception as error:
                if not is_memory_error(error):
                    raise
                self._step_down(len(part), error)
        return rows[0] if len(rows) == 1 else np.concatenate(rows)

    def _asked(self, part: np.ndarray) -> np.ndarray:
        padded = np.zeros((self._size_for(len(part)), *part.shape[1:]), part.dtype)
        padded[: len(part)] = part
        numbers = self.way.ask(padded)
        if len(numbers) != len(padded):  # whose is which, nobody knows
            raise OutputRejected("output_rejected", found=f"{len(numbers)} answers to {len(padded)} pictures")
        return numbers[: len(part)]

    def _size_for(self, count: int) -> int:
        return next(size for size in self.sizes if size >= count)

    def _climb(self) -> None:
        """Full size on the preferred way."""
        self.way, self.largest, self._rest_until = self.ways[0], self.sizes[-1], float("inf")

    def _step_down(self, count: int, error: BaseException) -> None:
        """The next smaller batch; under the smallest the next way; under the last the error."""
        smaller = [size for size in self.sizes if size < self._size_for(count)]
        place = self.ways.index(self.way)
        if not smaller and place + 1 == len(self.ways):
            raise error
        if not smaller:
            self.way = self.ways[place + 1]
        self.largest = smaller[-1] if smaller else self.sizes[-1]
        self._rest_until = self._clock() + self._rest_seconds
        log.warning("out of memory at %d: now %d at a time by way of %s", count, self.largest, self.way.name)
