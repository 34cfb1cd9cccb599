"""Many pages ask for the same list in the same moment, when a case has changed: one of them looks, all get what it saw.

An answer is given only to calls that had come before it was begun, so it is never older than the call, or, where the
call allows it, not older by more than it says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
PLACES = 64
KEPT_S = 1.0


class Together(Generic[Answer]):
    """Calls by their keys; calls with the same key are answered one round after another."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._not_begun: dict[Hashable, Future[Answer]] = {}
        self._newest: dict[Hashable, tuple[float, Future[Answer]]] = {}
        self._turns = [threading.Lock() for _ in range(PLACES)]

    def ask(self, key: Hashable, look: Callable[[], Answer], *, may_be_old_s: float = 0.0) -> Answer:
        """What `look` returns, or raises: called here, or by another thread with this key that is about to call it.

        Args:
            key: everything that the answer depends on beside the database.
            may_be_old_s: a look that was begun so many seconds before this call is good enough.
        """
        with self._guard:
            joined = self._begun_since(time.monotonic() - may_be_old_s, key) or self._not_begun.get(key)
            round_ = joined or self._not_begun.setdefault(key, Future())
        return round_.result() if joined else self._lead(key, round_, look)

    def _begun_since(self, moment: float, key: Hashable) -> Future[Answer] | None:
        begun, round_ = self._newest.get(key, (0.0, None))
        return round_ if begun > moment else None

    def _lead(self, key: Hashable, round_: Future[Answer], look: Callable[[], Answer]) -> Answer:
        with self._turns[hash(key) % PLACES]:
            with self._guard:
                del self._not_begun[key]  # who comes from here on waits for the next round, or allows for an older one
                self._begin(key, round_)
            try:
                round_.set_result(look())
            except BaseException as error:
                round_.set_exception(error)
                with self._guard:
                    self._newest.pop(key, None)
                raise
        return round_.result()

    def _begin(self, key: Hashable, round_: Future[Answer]) -> None:
        now = time.monotonic()
        for old in [key for key, (begun, _) in self._newest.items() if begun < now - KEPT_S]:
            del self._newest[old]
        self._newest[key] = now, round_
