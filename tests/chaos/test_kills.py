"""While 120 cases are coming in, every kind of process is killed ten times and Redis is restarted and emptied."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from benchmarks.running_demo import free_port
from benchmarks.sender import chest_like
from tests.stack import ROOT, wait_until

CASES = 120
ROUNDS = 10
LAST_FAULT_TO_FINAL_SECONDS = 180
KINDS = {
    "web": "pneumo_site.asgi:application",
    "reader": "reader@",
    "inference": "inference@",
    "sweeper": "manage.py\0sweeper",
}

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1500)]


class Demo:
    """A demo that brings a folder in, seen from outside: its processes and its database file."""

    def __init__(self, folder: Path, images: Path) -> None:
        self.data = folder / "var"
        self.out = folder / "out.txt"
        words = ["--port", str(free_port()), "--data", str(self.data), "--images", str(images)]
        environment = {name: value for name, value in os.environ.items() if name not in INHERITED}
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pneumo_site.demo", *words],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def ask(self, query: str) -> list[tuple]:
        """Rows of the demo's database, read beside it."""
        path = self.data / "pneumo.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query).fetchall()

    def count(self, query: str) -> int:
        """One number; 0 while the table is not there yet."""
        try:
            return int(self.ask(query)[0][0])
        except sqlite3.OperationalError:
            return 0

    def find(self, kind: str) -> int | None:
        """The process of a kind that supervisord started."""
        everybody = list(_descendants(self.process.pid))
        above = {pid for pid, words, _ in everybody if "supervisor.supervisord" in words}
        return next((pid for pid, words, parent in everybody if KINDS[kind] in words and parent in above), None)

    def find_child(self) -> int | None:
        """A reader's child: the process that decodes."""
        parent = self.find("reader")
        children = [pid for pid, _, above in _descendants(self.process.pid) if above == parent]
        return random.choice(children) if children else None

    def find_redis(self) -> tuple[int, str] | None:
        """Redis' process and its socket."""
        for pid, words, _ in _descendants(self.process.pid):
            if "redis-server" in words and "--unixsocket" in words:
                parts = words.split("\0")
                return pid, parts[parts.index("--unixsocket") + 1]
        return None


INHERITED = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DATA_DIR", "SECRET_KEY", "EVENT_KEY", "SITE_KIND")


def _descendants(pid: int) -> Iterator[tuple[int, str, int]]:
    for child in _children(pid):
        with contextlib.suppress(OSError):
            yield child, Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace"), pid
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo with 120 pictures to bring in; stopped with Ctrl+C's signal at the end."""
    images = tmp_path / "images"
    images.mkdir()
    for number in range(CASES):
        (images / f"{number:03d}.jpg").write_bytes(chest_like(number))
    running = Demo(tmp_path, images)
    yield running
    print(running.out.read_text(errors="replace")[-3000:])  # noqa: T201 pytest shows it beside a failure
    running.process.send_signal(signal.SIGINT)
    try:
        running.process.wait(60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)


def kill(find: Callable[[], int | None], killed: list[int]) -> None:
    """kill -9 what `find` names, once it is there."""
    wait_until(lambda: find() is not None, 60, f"a process to kill ({find})")
    pid = find()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)


def test_nothing_is_lost_or_doubled_when_everything_is_killed(demo: Demo):
    wait_until(lambda: demo.count("SELECT count(*) FROM cases_case") > 0, 240, "the first case")
    killed: dict[str, list[int]] = {kind: [] for kind in (*KINDS, "child")}

    for turn in range(ROUNDS):
        for kind in KINDS:
            kill(lambda kind=kind: demo.find(kind), killed[kind])
            time.sleep(random.uniform(0.3, 1.5))
        kill(demo.find_child, killed["child"])
        if turn in (2, 6):
            os.kill(demo.find_redis()[0], signal.SIGTERM)
        if turn in (4, 8):
            _empty(demo)
        time.sleep(random.uniform(2, 6))
    last_fault = time.monotonic()

    wait_until(lambda: _final(demo) == CASES, LAST_FAULT_TO_FINAL_SECONDS, f"120 final cases: {_states(demo)}")
    print(f"{time.monotonic() - last_fault:.0f} s from the last fault to 120 final cases")  # noqa: T201
    assert {kind: len(pids) for kind, pids in killed.items()} == dict.fromkeys(killed, ROUNDS)
    assert _states(demo) == [("ready", CASES)]
    assert demo.count("SELECT count(*) FROM cases_analysis") == CASES
    assert demo.count("SELECT count(*) FROM cases_analysis WHERE state = 'done'") == CASES
    assert demo.count("SELECT count(*) FROM cases_event WHERE verb = 'analysed'") == CASES
    assert demo.count("SELECT count(*) FROM cases_radiograph WHERE state <> 'read'") == 0


def _empty(demo: Demo) -> None:
    wait_until(lambda: demo.find_redis() is not None, 30, "Redis")
    with contextlib.suppress(redis.RedisError):
        redis.Redis(unix_socket_path=demo.find_redis()[1]).flushall()


def _final(demo: Demo) -> int:
    ended = "'ready', 'failed', 'not_scored', 'rejected', 'cancelled'"
    return demo.count(f"SELECT count(*) FROM cases_case WHERE state IN ({ended})")


def _states(demo: Demo) -> list[tuple]:
    return demo.ask("SELECT state, count(*) FROM cases_case GROUP BY state")
