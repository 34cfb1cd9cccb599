"""A connection to PostgreSQL that is closed waits for the next request or task that wants one.

Why not Django's own pool: docs/decisions/0010-connections-that-wait.md.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from pneumo_site.postgresql.kept import KeptConnections, Places

# All that is asked is short: another process to help with it, or code compiled for it, costs more than it saves.
FOR_SHORT_STATEMENTS = "SET jit = off; SET max_parallel_workers_per_gather = 0"
WAIT_S = 5.0  # for a place; as long as OPTIONS["connect_timeout"] for the server
_kept = KeptConnections()
_of_the_parent: list[KeptConnections] = []
_keeps = False
_places: Places | None = None


def _begin_anew() -> None:
    """What a child has of its parent's connections is not to be touched: a good-bye would end the parent's session."""
    global _kept
    _of_the_parent.append(_kept)
    _kept = KeptConnections()


os.register_at_fork(after_in_child=_begin_anew)


def keep_connections(yes: bool = True, *, at_once: int | None = None) -> None:
    """From now on a closed connection waits for the next one who wants it, in this process and in its children.

    Args:
        at_once: this process has so many in use at once, who comes then waits WAIT_S at most; None: any number.
    """
    global _keeps, _places
    _keeps, _places = yes, Places(at_once) if yes and at_once else None
    if not yes:
        _kept.close_all()


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, where `keep_connections` was not called."""

    _opened_by = 0  # a process
    _parameters: dict[str, Any]
    _place: Any = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """One that waits, or a new one.

        Raises:
            OperationalError: the server is away, or all connections that this process may have are in use.
        """
        self._parameters, self._opened_by = conn_params, os.getpid()
        self._place = _places.take(self, WAIT_S) if _places else None
        try:
            return (self._may_wait and _kept.take(conn_params)) or self._opened(conn_params)
        except BaseException:
            self._leave_place()
            raise

    def _opened(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        opened: psycopg.Connection = super().get_new_connection(conn_params)
        opened.autocommit = True
        opened.execute(FOR_SHORT_STATEMENTS)
        return opened

    def _close(self) -> None:
        try:
            if not self._is_kept():
                super()._close()  # type: ignore[misc]  # not in the stubs
        finally:
            self._leave_place()

    def _is_kept(self) -> bool:
        ours = self._may_wait and self._opened_by == os.getpid()
        return bool(ours and self.connection and _kept.keep(self._parameters, self.connection))

    @property
    def _may_wait(self) -> bool:
        return _keeps and self.alias != NO_DB_ALIAS

    def _leave_place(self) -> None:
        if self._place:
            self._place()
            self._place = None
