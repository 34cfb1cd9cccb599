"""Connections to PostgreSQL that wait for the next request or task, and places for those that are in use.

To open one takes the server a process of its own, whose caches are cold: most of its work for a short page.
"""

from __future__ import annotations

import queue
import select
import threading
import time
import weakref
from typing import Any, NamedTuple

import psycopg
from django.db.utils import OperationalError
from psycopg.pq import TransactionStatus

Parameters = dict[str, Any]
MOST = 20
IDLE_S = 60.0  # firewalls forget a connection after some minutes of silence, without a word to either end


class _Idle(NamedTuple):
    since: float
    parameters: Parameters
    connection: psycopg.Connection


class KeptConnections:
    """Sound connections that nobody uses now; the last one that came is the first to go."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._idle: list[_Idle] = []

    def take(self, parameters: Parameters) -> psycopg.Connection | None:
        """One that was opened with these parameters, or None; what is no good any more is closed."""
        self._close_those_long_idle()
        while found := self._last():
            if found.parameters == parameters and _is_quiet(found.connection):
                return found.connection
            found.connection.close()
        return None

    def keep(self, parameters: Parameters, connection: psycopg.Connection) -> bool:
        """Whether it waits for the next one now; False: the caller closes it."""
        self._close_those_long_idle()
        if connection.broken:  # the others may be no better
            self.close_all()
        if connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        with self._guard:
            if len(self._idle) >= MOST:
                return False
            self._idle.append(_Idle(time.monotonic(), parameters, connection))
        return True

    def close_all(self) -> None:
        """Until the next one is kept, none waits."""
        while found := self._last():
            found.connection.close()

    def _last(self) -> _Idle | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def _close_those_long_idle(self) -> None:
        limit = time.monotonic() - IDLE_S
        with self._guard:
            old = [one for one in self._idle if one.since <= limit]
            del self._idle[: len(old)]
        for one in old:
            one.connection.close()


def _is_quiet(connection: psycopg.Connection) -> bool:
    """Whether the server has said nothing since the last answer: what it says unasked is mostly that it goes.

    One look at the socket, not a question to the server.
    """
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    return not watch.poll(0)


class Places:
    """So many connections at once; who comes then waits for somebody's end."""

    def __init__(self, number: int) -> None:
        self._free: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(number):
            self._free.put(None)

    def take(self, owner: object, timeout_s: float) -> weakref.finalize[Any, Any]:
        """A place, let go of by calling what is returned, or when its owner is gone: a thread may end without a word.

        Raises:
            OperationalError: none was free in `timeout_s`.
        """
        try:
            self._free.get(timeout=timeout_s)
        except queue.Empty:
            raise OperationalError(f"no connection to the database was free for {timeout_s:.0f} s") from None
        # put() may be called by the garbage collector, even in the middle of a put() or get() of the same thread
        place = weakref.finalize(owner, self._free.put, None)
        place.atexit = False
        return place
