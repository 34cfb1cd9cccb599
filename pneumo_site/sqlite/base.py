"""Writers of one SQLite file take turns, so that none of them waits for ever.

SQLite lets a writer who finds the file locked sleep for longer and longer, up to 100 ms (sqliteDefaultBusyCallback),
while a writer who has just come gets the lock: with twenty threads a transaction of 3 ms was seen to wait for two
seconds. Here one thread of each process asks, every few milliseconds, and the others stand behind it.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

from pneumo_site.sqlite.kept import KeptConnections

PAUSE_S = (0.0005, 0.003)
DEFAULT_TIMEOUT_S = 5.0  # that of sqlite3.connect
_first_in_line = threading.Lock()
_kept = KeptConnections()
_of_the_parent: list[KeptConnections] = []
_keeps = False


def _begin_anew() -> None:
    """A child that was forked while a thread of its parent stood in line would wait for that thread for ever.

    And what its parent keeps is not to be touched, not even closed (sqlite.org, How To Corrupt, 2.6).
    """
    global _first_in_line, _kept
    _first_in_line = threading.Lock()
    _of_the_parent.append(_kept)
    _kept = KeptConnections()


os.register_at_fork(after_in_child=_begin_anew)


def keep_connections(yes: bool = True) -> None:
    """From now on a closed connection waits for the next thread. For a process that never forks.

    What SQLite knows of this process' locks is copied into a child, which then believes to hold those of its parent.
    """
    global _keeps
    _keeps = yes


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; `BEGIN` waits its turn and gives up after OPTIONS["timeout"] seconds with Django's error.

    In the web process a connection that is closed waits for the next thread that wants one (see kept.py).
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """One that waits, or a new one."""
        waiting = None if self.is_in_memory_db() else _kept.take(conn_params["database"])
        opened: sqlite3.Connection = waiting or super().get_new_connection(conn_params)
        return opened

    def _close(self) -> None:
        if self.connection is None or self.is_in_memory_db() or not _keeps:
            return super()._close()
        if not _kept.keep(self.settings_dict["NAME"], self.connection):
            super()._close()
        return None

    def _start_transaction_under_autocommit(self) -> None:
        timeout_s = self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT_S)
        end = time.monotonic() + timeout_s
        line = _first_in_line
        if not line.acquire(timeout=timeout_s):
            raise OperationalError("database is locked")
        try:
            with self.wrap_database_errors:
                self._begin_before(end, timeout_s)
        finally:
            line.release()

    def _begin_before(self, end: float, timeout_s: float) -> None:
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._begun(last_try=time.monotonic() > end):
                time.sleep(random.uniform(*PAUSE_S))
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {round(timeout_s * 1000)}")

    def _begun(self, last_try: bool) -> bool:
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
        except sqlite3.OperationalError as error:
            if last_try or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True
