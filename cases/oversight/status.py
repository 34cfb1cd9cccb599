"""What the status page shows: workers, queues, work under way, failures, stores, models. Read-only, a dozen queries."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Min
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases import rules
from cases.models import Analysis, Case, ModelVersion, Radiograph, WorkerPulse
from cases.models.patients import STATE_NAMES
from cases.oversight.health import broker_is_up
from cases.oversight.safety import Danger, dangers
from cases.pulse import ALIVE_SECONDS
from cases.sweeper import messages_waiting
from cases.wording import reason_next_step, reason_sentence

QUEUES = ("read-urgent", "read", "read-background", "infer-urgent", "infer", "infer-background")
KIND_NAMES = {
    "read": pgettext_lazy("process", "reader"),
    "infer": gettext_lazy("inference"),
    "sweep": gettext_lazy("sweeper"),
}
FORGOTTEN = timedelta(days=1)  # a worker that was silent for longer was taken away
FAILURES = 10
NEARLY_FULL = 0.85


@dataclass(frozen=True)
class Worker:
    """One process. `kind` is the word, `problem` a sentence or empty."""

    name: str
    kind: str | Promise
    alive: bool
    at: datetime
    pid: int | None
    models: list[str]
    device: str
    problem: str


@dataclass(frozen=True)
class Work:
    """Rows of one kind that wait or run, and since when the oldest does."""

    kind: str
    waiting: int
    running: int
    oldest: datetime | None


@dataclass(frozen=True)
class Failure:
    """A case that failed: what happened and what to do."""

    case: Case
    sentence: str
    next_step: str


@dataclass(frozen=True)
class Store:
    """Where things are kept."""

    database: str
    broker: str
    broker_up: bool
    free_gb: float
    total_gb: float
    nearly_full: bool


@dataclass(frozen=True)
class Status:
    """One look at everything."""

    at: datetime
    dangers: list[Danger]
    missing: list[str | Promise]
    workers: list[Worker]
    queues: list[tuple[str, int]]
    work: list[Work]
    cases: list[tuple[str, int]]
    oldest_unread: Case | None
    failures: list[Failure]
    store: Store
    models: list[ModelVersion]


def look_around() -> Status:
    """Ask everything once."""
    workers, store = find_workers(), find_store()
    alive = {worker.kind for worker in workers if worker.alive}
    return Status(
        at=timezone.now(),
        dangers=dangers(),
        missing=[name for name in KIND_NAMES.values() if name not in alive],
        workers=workers,
        queues=[(queue, messages_waiting(queue)) for queue in QUEUES] if store.broker_up else [],
        work=find_work(),
        cases=count_cases(),
        oldest_unread=Case.objects.filter(state__in=rules.READABLE).order_by("received_at").first(),
        failures=find_failures(),
        store=store,
        models=list(ModelVersion.objects.filter(active=True)),
    )


def find_workers() -> list[Worker]:
    """Every process that gave a sign of life within a day, those that are alive first."""
    now = timezone.now()
    pulses = WorkerPulse.objects.filter(at__gte=now - FORGOTTEN)
    return sorted((_worker(pulse, now) for pulse in pulses), key=lambda worker: (not worker.alive, worker.name))


def _worker(pulse: WorkerPulse, now: datetime) -> Worker:
    facts: dict[str, Any] = pulse.facts
    problem = reason_sentence(facts["problem"]) if facts.get("problem") else ""
    return Worker(
        name=pulse.name,
        kind=KIND_NAMES.get(pulse.kind, pulse.kind),
        alive=not problem and (now - pulse.at).total_seconds() <= ALIVE_SECONDS,
        at=pulse.at,
        pid=facts.get("pid"),
        models=facts.get("models", []),
        device=facts.get("device", ""),
        problem=problem,
    )


def find_work() -> list[Work]:
    """Pictures to be read, and pictures to be scored."""
    pictures = Radiograph.objects.exclude(case__state__in=rules.WITHDRAWN).annotate(since=F("uploaded_at"))
    analyses = Analysis.objects.exclude(radiograph__case__state__in=rules.WITHDRAWN).annotate(since=F("created_at"))
    shadows = Analysis.everything.filter(shadow=True).annotate(since=F("created_at"))
    return [
        _work(_("to be read"), pictures, "waiting", "reading"),
        _work(_("to be scored"), analyses, "waiting", "running"),
        _work(_("in the shadow"), shadows, "waiting", "running"),
    ]


def _work(kind: str, rows: Any, waiting: str, running: str) -> Work:
    found = rows.filter(state__in=[waiting, running]).values("state").annotate(n=Count("pk"), oldest=Min("since"))
    by_state = {row["state"]: row for row in found.order_by()}
    count = {state: row["n"] for state, row in by_state.items()}
    oldest = min((row["oldest"] for row in by_state.values()), default=None)
    return Work(kind, count.get(waiting, 0), count.get(running, 0), oldest)


def count_cases() -> list[tuple[str, int]]:
    """(state, how many) in the order of the way a case takes; states without a case are left out."""
    found = dict(Case.objects.order_by().values_list("state").annotate(n=Count("pk")))
    return [(state, found[state]) for state in STATE_NAMES if state in found]


def find_failures() -> list[Failure]:
    """The newest cases that failed."""
    failed = Case.objects.filter(state=rules.State.FAILED).prefetch_related("radiographs").order_by("-pk")
    return [_failure(case) for case in failed[:FAILURES]]


def _failure(case: Case) -> Failure:
    code = case.failure_code
    values = next((row.failure_values for row in case.radiographs.all() if row.failure_code == code), {})
    return Failure(case, reason_sentence(code, values), reason_next_step(code, values))


def find_store() -> Store:
    """Database, broker and disk."""
    disk = shutil.disk_usage(settings.DATA_DIR)
    floor = settings.FREE_DISK_FLOOR_MB * 1024 * 1024
    return Store(
        database={"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(connection.vendor, connection.vendor),
        broker=broker_kind(settings.CELERY_BROKER_URL),
        broker_up=broker_is_up(),
        free_gb=disk.free / 1e9,
        total_gb=disk.total / 1e9,
        nearly_full=disk.free <= floor or 1 - disk.free / disk.total > NEARLY_FULL,
    )


def broker_kind(url: str) -> str:
    """The name of the broker and how it is reached; nothing else of its address."""
    scheme = urlsplit(url).scheme
    if scheme in ("redis+socket", "unix"):
        return _("Redis on a Unix socket")
    names = {"redis": "Redis", "rediss": "Redis (TLS)", "amqp": "RabbitMQ", "pyamqp": "RabbitMQ"}
    names |= {"amqps": "RabbitMQ (TLS)", "memory": _("memory (tests only)")}
    return names.get(scheme, scheme or _("none"))
