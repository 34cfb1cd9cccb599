"""Signs of life of the workers, in the database: what /readyz, the status page and the banners read."""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

log = logging.getLogger(__name__)
WORKER_NAME = "PNEUMO_WORKER"  # in the environment, so that forked children know whose they are
BEAT_SECONDS = 3
ALIVE_SECONDS = 12
# No child is forked while the pulse has the database open: SQLite's locks, as the child inherits them, are never let
# go, and every write of that child answers "database is locked".
_beating = threading.Lock()
os.register_at_fork(before=_beating.acquire, after_in_parent=_beating.release, after_in_child=_beating.release)


def alive(kind: str) -> bool:
    """Whether any worker of a kind ("read", "infer", "sweep") gave a sign of life lately and is fit to work."""
    from cases.models import WorkerPulse

    since = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    return WorkerPulse.objects.filter(kind=kind, at__gte=since).exclude(facts__has_key="problem").exists()


def this_worker() -> str:
    """Name and process number of the worker that this code runs in; empty outside of a worker."""
    return os.environ.get(WORKER_NAME, "")


def workers_alive() -> set[str]:
    """The workers (as `this_worker` names them) that gave a sign of life lately."""
    from cases.models import WorkerPulse

    since = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    rows = WorkerPulse.objects.filter(at__gte=since).values_list("name", "facts__pid")
    return {f"{name}/{pid}" for name, pid in rows}


def beat(name: str, kind: str, **facts: Any) -> None:
    """Write one sign of life."""
    from cases.models import WorkerPulse

    WorkerPulse.objects.update_or_create(name=name, defaults={"kind": kind, "at": timezone.now(), "facts": facts})


def start_worker(*, name: str, queues: list[str]) -> None:
    """Called once in a worker's parent: pulse thread, and for an inference worker the models, before any message."""
    kind = "infer" if any(queue.startswith("infer") for queue in queues) else "read"
    facts: dict[str, Any] = {"pid": os.getpid()}
    os.environ[WORKER_NAME] = f"{name}/{os.getpid()}"
    if kind == "infer":
        from cases.engines import open_running_models

        facts.update(open_running_models())
    threading.Thread(target=_beat_forever, args=(name, kind, facts), name="pulse", daemon=True).start()


def _beat_forever(name: str, kind: str, facts: dict[str, Any]) -> None:
    while True:
        with _beating:
            _beat_once(name, kind, facts)
        time.sleep(BEAT_SECONDS)


def _beat_once(name: str, kind: str, facts: dict[str, Any]) -> None:
    try:
        close_old_connections()
        beat(name, kind, **facts)
    except DatabaseError as error:
        log.warning("no sign of life could be written: %s", type(error).__name__)
    finally:
        connection.close()
