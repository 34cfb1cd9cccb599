"""One thread that batches what is waiting and asks the network; everybody else holds a future. No TensorFlow here.

A second thread watches the first: a network that hangs keeps nobody waiting beyond the deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from inference.errors import DeadlineExceeded, OutputRejected
from inference.line import Errand, Line, Picture, Request
from inference.outputs import check_probabilities

WATCH_SECONDS = 0.25
"""Between two looks of the watching thread: so late at most is a deadline told."""
Made = TypeVar("Made")


class NetworkLike(Protocol):
    """What the engine needs of a network; `inference.runtime.Network` is one."""

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    max_batch: int

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1) -> float32 (N, len(classes))."""


@runtime_checkable
class Embeds(Protocol):
    """A network that also tells what it saw in each picture; `inference.runtime.Network` does."""

    def predict_and_embed(self, batch: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        """As predict, and the embeddings (inference.embedding), N of them."""


@dataclass(frozen=True)
class Prediction:
    """One picture's answer: probability by class name, seconds waited, seconds of the network, batch.

    `embedding` is what the network saw in it (inference.embedding); empty where the network does not tell.
    """

    probabilities: dict[str, float]
    queue_seconds: float
    network_seconds: float
    batch_size: int
    embedding: bytes = b""


class Engine:
    """Batches pictures for one network.

    Args:
        max_batch: most pictures in one call; the network's own limit holds too.
        max_wait_s: how long the first picture of a batch waits for company, while pictures come in company.
        max_queued: how many may wait; one more is EngineBusy.
        max_behind: how much background work may wait.
        stuck_s: a single call of the network that takes longer is taken for one that never returns.
    """

    def __init__(
        self,
        network: NetworkLike,
        max_batch: int = 32,
        max_wait_s: float = 0.004,
        max_queued: int = 256,
        max_behind: int = 16,
        stuck_s: float = 60.0,
    ) -> None:
        self.network = network
        self._max_batch = min(max_batch, network.max_batch)
        self._max_wait_s, self._stuck_s = max_wait_s, stuck_s
        self._line = Line(max_queued, max_behind)
        self._in_hand: Sequence[Request] = ()
        self._call: object | None = None  # another one for each call of the network
        self._looks = 0  # of the watcher at the call that runs
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()
        self._watcher = threading.Thread(target=self._watch, name="engine-watch", daemon=True)
        self._watcher.start()

    @property
    def stuck(self) -> bool:
        """Whether the network has not come back from a call for longer than `stuck_s`; nothing here can end it."""
        return self._looks * WATCH_SECONDS > self._stuck_s

    def predict(self, array: np.ndarray, timeout_s: float = 30.0) -> Future[Prediction]:
        """Queue one uint8 (H, W, 1) picture.

        The future ends with a Prediction, DeadlineExceeded (no answer within `timeout_s`) or OutputRejected.

        Raises:
            ValueError: the array has another shape or type; it never reaches a batch.
            EngineBusy: too many are waiting, or the engine is closing.
        """
        if array.shape != self.network.shape or array.dtype != np.uint8:
            raise ValueError(f"the network takes uint8 {self.network.shape}, not {array.dtype} {array.shape}")
        picture = Picture(array=array, deadline=time.monotonic() + timeout_s)
        self._line.join(picture)
        return picture.future

    def behind(self, work: Callable[[], Made], timeout_s: float = 30.0) -> Future[Made]:
        """Queue background work that asks the network by itself; it runs in the engine's thread when no picture waits.

        A picture that comes meanwhile waits until the work is over: hand over small pieces. Where much background work
        waits, this call waits too. The future ends with what the work gives or raises, or with DeadlineExceeded.

        Raises:
            DeadlineExceeded: there was no place in the line within `timeout_s`.
            EngineBusy: the engine is closing.
        """
        errand = Errand(work=work, deadline=time.monotonic() + timeout_s)
        self._line.join_behind(errand)
        return errand.future

    def close(self, timeout_s: float = 60.0) -> None:
        """Take no more, answer what was taken, stop the thread.

        Where the network does not come back within `timeout_s`, what was taken ends with DeadlineExceeded.
        """
        self._line.close()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _fail((*self._line.drop_all(), *self._in_hand), DeadlineExceeded("deadline_exceeded"))
        else:
            self._watcher.join()  # nothing holds the network then

    def _run(self) -> None:
        crowded = False  # a lone picture has no company to wait for
        while (taken := self._line.take(self._max_batch, self._max_wait_s if crowded else 0.0)) is not None:
            if isinstance(taken, Errand):
                self._run_errand(taken)
            else:
                self._answer(taken)
                crowded = len(taken) > 1
        self._ended.set()

    def _watch(self) -> None:
        seen = None
        while not self._ended.wait(WATCH_SECONDS):
            call = self._call
            # Looks and not the clock: a process that was stopped for a while is not stuck when it wakes.
            self._looks = self._looks + 1 if call is not None and call is seen else 0
            seen = call
            for request in (*self._line.drop_overdue(), *self._in_hand):
                request.end_if_late()

    @contextmanager
    def _holding(self, requests: Sequence[Request]) -> Iterator[None]:
        self._in_hand = requests
        try:
            yield
        finally:
            self._in_hand = ()

    @contextmanager
    def _calling(self) -> Iterator[None]:
        self._call = object()
        try:
            yield
        finally:
            self._call = None

    def _run_errand(self, errand: Errand) -> None:
        if not errand.begin():
            return
        with self._holding([errand]), self._calling():
            try:
                made = errand.work()
            except Exception as error:  # noqa: BLE001 as in _ask_network
                errand.fail(error)
            else:
                errand.answer(made)

    def _answer(self, pictures: Sequence[Picture]) -> None:
        if batch := [picture for picture in pictures if picture.begin()]:
            with self._holding(batch):
                self._ask_network(batch)

    def _ask_network(self, batch: Sequence[Picture]) -> None:
        started = time.monotonic()
        try:
            with self._calling():
                rows, seen = _answers(self.network, np.stack([picture.array for picture in batch]))
            check_probabilities(rows, (len(batch), len(self.network.classes)))
        except OutputRejected as error:
            self._answer_one_by_one(batch, error)
        except Exception as error:  # noqa: BLE001 the thread outlives whatever the network raises; the askers are told
            _fail(batch, error)
        else:
            self._deliver(batch, rows, seen, started)

    def _deliver(self, batch: Sequence[Picture], rows: np.ndarray, seen: Sequence[bytes], started: float) -> None:
        seconds = time.monotonic() - started
        for picture, row, embedding in zip(batch, rows, seen, strict=True):
            probabilities = dict(zip(self.network.classes, map(float, row), strict=True))
            waited = started - picture.asked
            picture.answer(Prediction(probabilities, waited, seconds, len(batch), embedding))

    def _answer_one_by_one(self, batch: Sequence[Picture], error: OutputRejected) -> None:
        """One picture's bad answer must not fail its neighbours: each is asked alone, the bad one keeps the error."""
        if len(batch) == 1:
            _fail(batch, error)
        else:
            for picture in batch:
                self._ask_network([picture])


def _answers(network: NetworkLike, pictures: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    if isinstance(network, Embeds):
        return network.predict_and_embed(pictures)
    return network.predict(pictures), [b""] * len(pictures)


def _fail(requests: Sequence[Request], error: Exception) -> None:
    for request in requests:
        request.fail(error)
