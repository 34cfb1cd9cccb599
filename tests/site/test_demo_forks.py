"""A worker's pulse and its forked children share one SQLite file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os, sqlite3, sys, threading, time
import django
django.setup()
from cases import pulse

def write(seconds):
    database = sqlite3.connect(sys.argv[1], timeout=15, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    database.execute("INSERT INTO beats VALUES (1)")
    database.execute("COMMIT")
    database.close()

database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA journal_mode=WAL")
database.execute("CREATE TABLE beats (number)")
database.close()
pulse.BEAT_SECONDS = 0.02
pulse.beat = lambda name, kind, **facts: write(0.01)
threading.Thread(target=pulse._beat_forever, args=("reader@here", "read"), daemon=True).start()

def write_in_a_child():
    pid = os.fork()
    if pid == 0:
        try:
            write(0)
        except sqlite3.OperationalError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]

print(sum(write_in_a_child() != 0 for _ in range(20)))
os._exit(0)
"""


def test_children_forked_while_the_pulse_beats_can_write(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path / "beats.sqlite3")],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.stdout.strip() == "0", done.stderr
