"""One thread that batches what is waiting and asks the network; everybody else holds a future. No TensorFlow here."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from inference.errors import DeadlineExceeded, EngineBusy, OutputRejected
from inference.outputs import check_probabilities


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


@dataclass
class _Request:
    array: np.ndarray
    deadline: float
    asked: float = field(default_factory=time.monotonic)
    future: Future[Prediction] = field(default_factory=Future)


class Engine:
    """Batches pictures for one network.

    Args:
        max_batch: most pictures in one call; the network's own limit holds too.
        max_wait_s: how long the first picture of a batch waits for company, while pictures come in company.
        max_queued: how many may wait; one more is EngineBusy.
    """

    def __init__(
        self, network: NetworkLike, max_batch: int = 32, max_wait_s: float = 0.004, max_queued: int = 256
    ) -> None:
        self.network = network
        self._max_batch = min(max_batch, network.max_batch)
        self._max_wait_s = max_wait_s
        self._waiting: queue.Queue[_Request | None] = queue.Queue(max_queued)
        self._closing = threading.Lock()
        self._closed = False
        self._crowded = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def predict(self, array: np.ndarray, timeout_s: float = 30.0) -> Future[Prediction]:
        """Queue one uint8 (H, W, 1) picture.

        The future ends with a Prediction, DeadlineExceeded (not reached within `timeout_s`) or OutputRejected.

        Raises:
            ValueError: the array has another shape or type; it never reaches a batch.
            EngineBusy: too many are waiting, or the engine is closing.
        """
        if array.shape != self.network.shape or array.dtype != np.uint8:
            raise ValueError(f"the network takes uint8 {self.network.shape}, not {array.dtype} {array.shape}")
        request = _Request(array, time.monotonic() + timeout_s)
        with self._closing:
            if self._closed:
                raise EngineBusy("engine_busy")
            try:
                self._waiting.put_nowait(request)
            except queue.Full:
                raise EngineBusy("engine_busy") from None
        return request.future

    def close(self, timeout_s: float = 60.0) -> None:
        """Take no more, answer what was taken, stop the thread."""
        with self._closing:
            already, self._closed = self._closed, True
        if not already:
            self._waiting.put(None)  # everything before it is answered first
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = self._collected(first)
            self._answer(batch)
            self._crowded = len(batch) > 1
            if last:
                return

    def _collected(self, first: _Request) -> tuple[list[_Request], bool]:
        """The batch that begins with `first`, and whether the engine is to stop after it."""
        wait = self._max_wait_s if self._crowded else 0.0  # a lone picture has no company to wait for
        batch, until = [first], time.monotonic() + wait
        while len(batch) < self._max_batch:
            try:
                request = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if request is None:
                return batch, True
            batch.append(request)
        return batch, False

    def _answer(self, requests: Sequence[_Request]) -> None:
        started = time.monotonic()
        if batch := [request for request in requests if _still_wanted(request, started)]:
            self._ask_network(batch)

    def _ask_network(self, batch: Sequence[_Request]) -> None:
        started = time.monotonic()
        try:
            rows, seen = _answers(self.network, np.stack([request.array for request in batch]))
            check_probabilities(rows, (len(batch), len(self.network.classes)))
        except OutputRejected as error:
            self._answer_one_by_one(batch, error)
        except Exception as error:  # noqa: BLE001 the thread outlives whatever the network raises; the askers are told
            _fail(batch, error)
        else:
            self._deliver(batch, rows, seen, started)

    def _deliver(self, batch: Sequence[_Request], rows: np.ndarray, seen: Sequence[bytes], started: float) -> None:
        seconds = time.monotonic() - started
        for request, row, embedding in zip(batch, rows, seen, strict=True):
            probabilities = dict(zip(self.network.classes, map(float, row), strict=True))
            waited = started - request.asked
            request.future.set_result(Prediction(probabilities, waited, seconds, len(batch), embedding))

    def _answer_one_by_one(self, batch: Sequence[_Request], error: OutputRejected) -> None:
        """One picture's bad answer must not fail its neighbours: each is asked alone, the bad one keeps the error."""
        if len(batch) == 1:
            _fail(batch, error)
        else:
            for request in batch:
                self._ask_network([request])


def _answers(network: NetworkLike, pictures: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
    if isinstance(network, Embeds):
        return network.predict_and_embed(pictures)
    return network.predict(pictures), [b""] * len(pictures)


def _still_wanted(request: _Request, now: float) -> bool:
    if not request.future.set_running_or_notify_cancel():
        return False
    if now > request.deadline:
        request.future.set_exception(DeadlineExceeded("deadline_exceeded"))
        return False
    return True


def _fail(batch: Sequence[_Request], error: Exception) -> None:
    for request in batch:
        request.future.set_exception(error)
