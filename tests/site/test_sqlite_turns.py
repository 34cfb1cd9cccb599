"""Writers of one SQLite file take turns (pneumo_site/sqlite)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from tests.stack import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.skipif("connection.vendor != 'sqlite'")]

WRITERS, ROUNDS = 12, 25
HOLDS = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
FORKS = """
import os, sys
from pneumo_site.sqlite import base
base._first_in_line.acquire()
child = os.fork()
if child == 0:
    os._exit(0 if base._first_in_line.acquire(timeout=1) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_child_does_not_stand_in_its_parents_line() -> None:
    assert subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT, check=False, timeout=30).returncode == 0


def test_a_writer_is_overtaken_by_few() -> None:
    """SQLite's own way of waiting let 274 others go first."""
    ended: list[int] = []
    overtaken: list[int] = []

    def write() -> None:
        for _ in range(ROUNDS):
            before = len(ended)
            with transaction.atomic():
                overtaken.append(len(ended) - before)
                time.sleep(0.002)
                ended.append(1)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(overtaken) == WRITERS * ROUNDS
    assert max(overtaken) < 5 * WRITERS


def test_a_file_that_stays_locked_ends_with_djangos_error_and_does_no_harm() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(connection.settings_dict["NAME"])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    options = connection.settings_dict["OPTIONS"]
    before, options["timeout"] = options["timeout"], 0.3
    try:
        with pytest.raises(OperationalError, match="locked"), transaction.atomic():
            pass
    finally:
        options["timeout"] = before
        holder.communicate(b"")
    with transaction.atomic(), connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (round(before * 1000),)
