"""What is up: asked by /readyz, by the status page and by `manage.py doctor`. Nothing here waits for long."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import asdict, dataclass

from amqp.exceptions import AMQPError
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError

from cases.models import ModelVersion, WorkerPulse
from cases.pulse import ALIVE_SECONDS

BROKER_SECONDS = 1.0  # to connect, and to answer
KEPT_SECONDS = 1.0  # an answer of the broker is good for so long: a probe every moment must not load it
KINDS = {"reader": "read", "inference": "infer", "sweeper": "sweep"}
NEEDED = ("database", "broker", "reader", "inference", "model", "storage")


@dataclass(frozen=True)
class Part:
    """One thing that is up or down; `age_seconds` since its last sign of life, None where there was none."""

    up: bool
    age_seconds: float | None = None


@dataclass(frozen=True)
class Health:
    """Everything that uploads and scores need, and the sweeper, without which the rest runs until something breaks."""

    database: Part
    broker: Part
    reader: Part
    inference: Part
    sweeper: Part
    model: Part
    storage: Part

    @property
    def ready(self) -> bool:
        """Whether pictures can be taken and scored."""
        return all(getattr(self, name).up for name in NEEDED)

    def to_json(self) -> dict[str, object]:
        """No secret in it: anybody may ask."""
        parts = {name: {key: value for key, value in part.items() if value is not None} for name, part in self._parts()}
        return {"ready": self.ready, **parts}

    def _parts(self) -> list[tuple[str, dict[str, object]]]:
        return list(asdict(self).items())


def check_health() -> Health:
    """Ask everything once."""
    down = Part(up=False)
    broker, storage = Part(up=broker_is_up()), Part(up=has_room())
    try:
        workers = {name: _freshest(kind) for name, kind in KINDS.items()}
        model = Part(up=ModelVersion.objects.filter(active=True).exists())
    except DatabaseError:
        return Health(down, broker, reader=down, inference=down, sweeper=down, model=down, storage=storage)
    return Health(Part(up=True), broker, model=model, storage=storage, **workers)


def _freshest(kind: str) -> Part:
    """The youngest sign of life of a kind; a worker that says it has a problem is not up."""
    pulses = WorkerPulse.objects.filter(kind=kind).exclude(facts__has_key="problem")
    at = pulses.order_by("-at").values_list("at", flat=True).first()
    if at is None:
        return Part(up=False)
    age = max(0.0, (timezone.now() - at).total_seconds())
    return Part(up=age <= ALIVE_SECONDS, age_seconds=round(age, 1))


def has_room() -> bool:
    """Whether uploads are taken: the data folder is there, and has more room than the site keeps free."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free > settings.FREE_DISK_FLOOR_MB * 1024 * 1024
    except OSError:
        return False


class _Answer:
    """The broker's last answer, shared by the threads of this process."""

    lock = threading.Lock()
    asked_at = float("-inf")
    up = False


def broker_is_up() -> bool:
    """Whether the broker answers, asked at most once a second."""
    with _Answer.lock:
        if time.monotonic() - _Answer.asked_at > KEPT_SECONDS:
            _Answer.up = ask_broker()
            _Answer.asked_at = time.monotonic()
        return _Answer.up


def ask_broker() -> bool:
    """Open one connection, with little patience."""
    from celery import current_app

    patience = {
        "socket_connect_timeout": BROKER_SECONDS,
        "socket_timeout": BROKER_SECONDS,
        "read_timeout": BROKER_SECONDS,
        "retry_on_timeout": False,
    }
    try:
        with current_app.connection_for_read(connect_timeout=BROKER_SECONDS, transport_options=patience) as connection:
            connection.ensure_connection(max_retries=0, timeout=BROKER_SECONDS)
            connection.default_channel.close()
            return True
    except (OperationalError, OSError, AMQPError):
        return False
