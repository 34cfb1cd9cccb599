"""Many pages ask for the same list in the same moment, when a case has changed: one of them looks, all get what it saw.

Nothing is kept. An answer is given only to calls that had come before it was begun, so it is never older than the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
PLACES = 64


class Together(Generic[Answer]):
    """Calls by their keys; calls with the same key are answered one round after another."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._not_begun: dict[Hashable, Future[Answer]] = {}
        self._turns = [threading.Lock() for _ in range(PLACES)]

    def ask(self, key: Hashable, look: Callable[[], Answer]) -> Answer:
        """What `look` returns, or raises: called here, or by another thread with this key that is about to call it.

        Args:
            key: everything that the answer depends on beside the database.
        """
        with self._guard:
            waiting = self._not_begun.get(key)
            round_ = waiting or self._not_begun.setdefault(key, Future())
        return round_.result() if waiting else self._lead(key, round_, look)

    def _lead(self, key: Hashable, round_: Future[Answer], look: Callable[[], Answer]) -> Answer:
        with self._turns[hash(key) % PLACES]:
            with self._guard:
                del self._not_begun[key]  # who comes from here on waits for the next round
            try:
                round_.set_result(look())
            except BaseException as error:
                round_.set_exception(error)
                raise
        return round_.result()
