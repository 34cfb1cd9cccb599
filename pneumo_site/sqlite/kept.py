"""Connections to an SQLite file that wait for the next request.

Every request has a thread of its own, and so a connection of its own; to open the file, with Django's functions and our
settings, takes 3 ms of CPU and begins with an empty page cache.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from pathlib import Path

MOST = 8
File = tuple[int, int]  # device and inode: another file may bear the name by now


class KeptConnections:
    """Sound connections that nobody uses now."""

    def __init__(self) -> None:
        self._idle: deque[tuple[File, sqlite3.Connection]] = deque()

    def take(self, name: str | Path) -> sqlite3.Connection | None:
        """One to the file that bears this name, or None; those to others are closed."""
        while self._idle:
            try:
                file, connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if file == _file(name):
                return connection
            connection.close()
        return None

    def keep(self, name: str | Path, connection: sqlite3.Connection) -> bool:
        """Whether it waits for the next one now; False: the caller closes it."""
        file = _file(name)
        if file is None or len(self._idle) >= MOST or connection.in_transaction or not _is_at_rest(connection):
            return False
        self._idle.append((file, connection))
        return True


def _file(name: str | Path) -> File | None:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_at_rest(connection: sqlite3.Connection) -> bool:
    """Whether no half-read answer is left: whoever came next would see the database as it was at its beginning.

    SQLite forgets an interruption where nothing runs; else it lasts until everything has ended, for new statements too.
    """
    connection.interrupt()
    try:
        connection.execute("SELECT 1").fetchall()
    except sqlite3.Error:
        return False
    return True
