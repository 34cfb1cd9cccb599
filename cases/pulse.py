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
BEAT_SECONDS = 3
ALIVE_SECONDS = 12


def alive(kind: str) -> bool:
    """Whether any worker of a kind ("read", "infer", "sweep") gave a sign of life lately and is fit to work."""
    from cases.models import WorkerPulse

    since = timezone.now() - timedelta(seconds=ALIVE_SECONDS)
    return WorkerPulse.objects.filter(kind=kind, at__gte=since).exclude(facts__has_key="problem").exists()


def beat(name: str, kind: str, **facts: Any) -> None:
    """Write one sign of life."""
    from cases.models import WorkerPulse

    WorkerPulse.objects.update_or_create(name=name, defaults={"kind": kind, "at": timezone.now(), "facts": facts})


def start_worker(*, name: str, queues: list[str]) -> None:
    """Called once in a worker's parent: pulse thread, and for an inference worker the models, before any message."""
    kind = "infer" if "infer" in queues else "read"
    facts: dict[str, Any] = {"pid": os.getpid()}
    if kind == "infer":
        from cases.engines import open_running_models

        facts.update(open_running_models())
    threading.Thread(target=_beat_forever, args=(name, kind, facts), name="pulse", daemon=True).start()


def _beat_forever(name: str, kind: str, facts: dict[str, Any]) -> None:
    while True:
        try:
            close_old_connections()
            beat(name, kind, **facts)
        except DatabaseError as error:
            log.warning("no sign of life could be written: %s", type(error).__name__)
        finally:
            connection.close()
        time.sleep(BEAT_SECONDS)
