"""A connection to SQLite waits for the next request (pneumo_site/sqlite/kept.py), and only a sound one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from cases.models import Site
from pneumo_site.sqlite import base
from pneumo_site.sqlite.kept import MOST, KeptConnections


@pytest.fixture
def database(tmp_path: Path) -> Path:
    first = opened(tmp_path / "a.sqlite3")
    first.execute("PRAGMA journal_mode=WAL")
    first.execute("CREATE TABLE numbers (value INTEGER)")
    first.executemany("INSERT INTO numbers VALUES (?)", [(n,) for n in range(2000)])
    first.close()
    return tmp_path / "a.sqlite3"


def opened(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, check_same_thread=False, isolation_level=None)


def test_one_waits_and_comes_back(database: Path) -> None:
    kept, one = KeptConnections(), opened(database)
    assert kept.take(database) is None
    assert kept.keep(database, one)
    assert kept.take(database) is one
    assert kept.take(database) is None
    assert one.execute("SELECT COUNT(*) FROM numbers").fetchone() == (2000,)


def test_one_in_the_middle_of_something_is_not_kept(database: Path) -> None:
    kept, writer, reader = KeptConnections(), opened(database), opened(database)
    writer.execute("BEGIN IMMEDIATE")
    assert not kept.keep(database, writer)
    writer.execute("ROLLBACK")
    assert kept.keep(database, writer)
    rows = reader.execute("SELECT value FROM numbers")
    rows.fetchone()  # the rest is not read: it would see the table as it is now for ever
    assert not kept.keep(database, reader)
    rows.close()
    assert kept.keep(database, reader)


def test_a_file_that_was_replaced_is_opened_anew(database: Path) -> None:
    kept, one = KeptConnections(), opened(database)
    assert kept.keep(database, one)
    shutil.copy(database, database.with_suffix(".restored"))
    database.with_suffix(".restored").replace(database)
    assert kept.take(database) is None
    with pytest.raises(sqlite3.ProgrammingError):
        one.execute("SELECT 1")
    other = opened(database)
    database.unlink()
    assert not kept.keep(database, other)


def test_a_few_wait_at_most(database: Path) -> None:
    kept = KeptConnections()
    assert [kept.keep(database, opened(database)) for _ in range(MOST + 2)] == [True] * MOST + [False] * 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite")
class TestOfDjango:
    @pytest.fixture(autouse=True)
    def keeping(self) -> Iterator[None]:
        base.keep_connections()
        yield
        base.keep_connections(False)

    def used_by_a_thread(self) -> sqlite3.Connection:
        found = []

        def request() -> None:
            Site.objects.exists()
            found.append(connection.connection)
            connection.close()

        thread = threading.Thread(target=request)
        thread.start()
        thread.join()
        used: sqlite3.Connection = found[0]
        return used

    def test_threads_one_after_another_have_one_connection(self) -> None:
        first = self.used_by_a_thread()
        assert self.used_by_a_thread() is first
        assert first.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert first.execute("PRAGMA synchronous").fetchone() == (2,)

    def test_what_a_thread_leaves_half_done_is_not_seen_by_the_next(self) -> None:
        Site.objects.create(pk=1, name="before")

        def request() -> None:
            with transaction.atomic():
                Site.objects.update(name="never committed")
                connection.close()

        thread = threading.Thread(target=request)
        thread.start()
        thread.join()
        self.used_by_a_thread()
        assert Site.objects.get().name == "before"
        with transaction.atomic():
            Site.objects.update(name="after")

    def test_only_a_process_that_says_so_keeps_any(self) -> None:
        base.keep_connections(False)
        with pytest.raises(sqlite3.ProgrammingError):
            self.used_by_a_thread().execute("SELECT 1")

    def test_a_child_leaves_its_parents_connections_alone(self) -> None:
        first = self.used_by_a_thread()
        child = os.fork()
        if child == 0:
            os._exit(0 if base._kept.take(connection.settings_dict["NAME"]) is None else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert self.used_by_a_thread() is first
