"""Who waits for a network: pictures in front, background work behind them. Both lines have an end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inference.errors import DeadlineExceeded, EngineBusy


@dataclass(kw_only=True)
class Request:
    """Somebody waits for `future` until `deadline` (time.monotonic)."""

    deadline: float
    asked: float = field(default_factory=time.monotonic)
    future: Future[Any] = field(default_factory=Future)

    def begin(self) -> bool:
        """Whether it is still wanted, when its turn comes; one that is late is told so."""
        return self.future.set_running_or_notify_cancel() and not self.end_if_late()

    def end_if_late(self) -> bool:
        """DeadlineExceeded once the deadline has passed."""
        late = time.monotonic() > self.deadline
        if late:
            self.fail(DeadlineExceeded("deadline_exceeded"))
        return late

    def answer(self, value: Any) -> None:
        """The first word counts: an answer after the deadline's error is dropped."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(value)

    def fail(self, error: BaseException) -> None:
        """As answer."""
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)


@dataclass(kw_only=True)
class Picture(Request):
    """One uint8 (H, W, 1), to be answered in a batch with others."""

    array: np.ndarray


@dataclass(kw_only=True)
class Errand(Request):
    """Background work that asks the network by itself, such as a part of a heat map."""

    work: Callable[[], Any]


class Line:
    """Many join it, one thread takes from it.

    Args:
        most: how many pictures may wait; one more is EngineBusy.
        most_behind: how much background work may wait; who brings more waits at the door.
    """

    def __init__(self, most: int, most_behind: int) -> None:
        self._most, self._most_behind = most, most_behind
        self._front: deque[Picture] = deque()
        self._behind: deque[Errand] = deque()
        self._closed = False
        lock = threading.Lock()
        self._something = threading.Condition(lock)
        self._room_behind = threading.Condition(lock)

    def join(self, picture: Picture) -> None:
        """Raises EngineBusy: the line is full or closed."""
        with self._something:
            if self._closed or len(self._front) >= self._most:
                raise EngineBusy("engine_busy")
            self._front.append(picture)
            self._something.notify()

    def join_behind(self, errand: Errand) -> None:
        """Wait for a place, as long as the errand's deadline allows.

        Raises:
            DeadlineExceeded: there was none until then.
            EngineBusy: the line is closed.
        """
        with self._room_behind:
            left = errand.deadline - time.monotonic()
            if not self._room_behind.wait_for(lambda: self._closed or len(self._behind) < self._most_behind, left):
                raise DeadlineExceeded("deadline_exceeded")
            if self._closed:
                raise EngineBusy("engine_busy")
            self._behind.append(errand)
            self._something.notify()

    def take(self, most: int, company_s: float) -> list[Picture] | Errand | None:
        """Wait for work: up to `most` pictures, the first of which waits `company_s` for others; an errand only where
        no picture is; None once the line is closed and empty."""
        with self._something:
            self._something.wait_for(lambda: self._front or self._behind or self._closed)
            if self._front:
                self._something.wait_for(lambda: len(self._front) >= most or self._closed, company_s)
                return [self._front.popleft() for _ in range(min(most, len(self._front)))]
            if not self._behind:
                return None
            self._room_behind.notify()
            return self._behind.popleft()

    def drop_overdue(self) -> list[Request]:
        """Those that wait and are late; they leave the line."""
        now = time.monotonic()
        with self._something:
            late = [request for request in self._all() if request.deadline < now]
            self._front = deque(picture for picture in self._front if picture.deadline >= now)
            self._behind = deque(errand for errand in self._behind if errand.deadline >= now)
            self._room_behind.notify_all()
        return late

    def close(self) -> None:
        """Nobody joins any more; what is there is still taken."""
        with self._something:
            self._closed = True
            self._something.notify_all()
            self._room_behind.notify_all()

    def drop_all(self) -> list[Request]:
        """All that wait; the line is empty then."""
        with self._something:
            left = self._all()
            self._front.clear()
            self._behind.clear()
        return left

    def _all(self) -> list[Request]:
        return [*self._front, *self._behind]
