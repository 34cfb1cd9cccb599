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

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

PAUSE_S = (0.0005, 0.003)
DEFAULT_TIMEOUT_S = 5.0  # that of sqlite3.connect
_first_in_line = threading.Lock()


def _stand_in_a_new_line() -> None:
    """A child that was forked while a thread of its parent stood in line would wait for that thread for ever."""
    global _first_in_line
    _first_in_line = threading.Lock()


os.register_at_fork(after_in_child=_stand_in_a_new_line)


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; `BEGIN` waits its turn and gives up after OPTIONS["timeout"] seconds with Django's error."""

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
