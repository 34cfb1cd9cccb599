"""The sessions of everybody else on the test database, where it is PostgreSQL: counted, ended, and kept out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db import connection

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def own_session() -> int:
    """The number of the server's process for this thread's connection."""
    return int(_asked("SELECT pg_backend_pid()")[0][0])


def sessions_of_others() -> int:
    """How many there are."""
    return int(_asked(f"SELECT count(*) {_OTHERS}")[0][0])


def end_sessions() -> int:
    """End every session but that of this thread, as a restart of the server does; how many."""
    return len(_asked(f"SELECT pg_terminate_backend(pid, 5000) {_OTHERS}"))


def end_session(number: int) -> None:
    """End this one."""
    _asked(f"SELECT pg_terminate_backend({number:d}, 5000)")


@contextlib.contextmanager
def database_away() -> Iterator[None]:
    """Nobody but this thread has a session, and nobody gets one."""
    connection.ensure_connection()
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            end_sessions()
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def _asked(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
