"""Numbers that come in by many threads, worked on by one of them at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class OneByOne:
    """Whoever comes while somebody is at work leaves a number and goes; who is at work does it next.

    So a worker's threads stay free for what people wait for. What an error or the end of the process leaves behind is
    rung again by the sweeper.
    """

    def __init__(self, work: Callable[[int], None]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: dict[int, None] = {}  # in the order of their coming, each once
        self._at_work = False

    def __call__(self, number: int) -> None:
        with self._lock:
            self._waiting[number] = None
            if self._at_work:
                return
            self._at_work = True
        try:
            while (waiting := self._next()) is not None:
                self._work(waiting)
        except BaseException:
            self._at_work = False
            raise

    def _next(self) -> int | None:
        """The one that waits longest; None where none does, and then nobody is at work."""
        with self._lock:
            waiting = next(iter(self._waiting), None)
            if waiting is None:
                self._at_work = False
            else:
                del self._waiting[waiting]
            return waiting
