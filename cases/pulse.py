"""Signs of life of the workers, in the database: what /readyz, the status page and the banners read."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
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
LAST_WORD_SECONDS = 10  # so long a worker that has to end waits for the database to hear why
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
    """The workers (as `this_worker` names them) that gave a sign of life lately, and will finish what they have."""
    from cases.models import WorkerPulse

    since = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    rows = WorkerPulse.objects.filter(at__gte=since).exclude(facts__has_key="problem")
    return {f"{name}/{pid}" for name, pid in rows.values_list("name", "facts__pid")}


def beat(name: str, kind: str, **facts: Any) -> None:
    """Write one sign of life."""
    from cases.models import WorkerPulse

    WorkerPulse.objects.update_or_create(name=name, defaults={"kind": kind, "at": timezone.now(), "facts": facts})


def start_worker(*, name: str, queues: list[str]) -> None:
    """Called once in a worker's parent: pulse thread, and for an inference worker the models, before any message."""
    kind = "infer" if any(queue.startswith("infer") for queue in queues) else "read"
    os.environ[WORKER_NAME] = f"{name}/{os.getpid()}"
    if kind == "infer":
        from cases.engines import open_running_models

        open_running_models()
    threading.Thread(target=_beat_forever, args=(name, kind), name="pulse", daemon=True).start()


def _beat_forever(name: str, kind: str) -> None:
    while True:
        if kind == "infer" and _is_stuck():
            _end_stuck_worker(name, kind)
        with _beating:
            _beat_once(name, kind)
        time.sleep(BEAT_SECONDS)


def _is_stuck() -> bool:
    from cases.engines import any_stuck

    return any_stuck()


def _end_stuck_worker(name: str, kind: str) -> None:
    """Say why, then end this process at once, whatever its threads do; its supervisor starts it again.

    What it had in hand counts no strike: with its problem told it is gone, and the sweeper gives its work to others.
    """
    log.critical("the network does not come back from a call; this worker ends, to be started again")
    faulthandler.dump_traceback(sys.__stderr__ or 2)  # Celery puts an object of its own in place of sys.stderr
    late = threading.Timer(LAST_WORD_SECONDS, os._exit, [1])
    late.daemon = True
    late.start()
    _beat_once(name, kind, problem="engine_stuck")
    os._exit(1)


def _beat_once(name: str, kind: str, **facts: Any) -> None:
    try:
        close_old_connections()
        beat(name, kind, pid=os.getpid(), **(facts or _facts_now(kind)))
    except DatabaseError as error:
        log.warning("no sign of life could be written: %s", type(error).__name__)
    finally:
        connection.close()


def _facts_now(kind: str) -> dict[str, Any]:
    if kind != "infer":
        return {}
    from cases.engines import tend_engines

    return {"models": tend_engines()}
