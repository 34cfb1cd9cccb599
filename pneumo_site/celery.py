"""The Celery application: queues, delivery and what a worker does when it starts."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal

from celery import Celery, Task, signals
from kombu.entity import Exchange, Queue

from pneumo_site.broker import use_own_channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pneumo_site.settings")

use_own_channel()
app = Celery("pneumo")
app.config_from_object("django.conf:settings", namespace="CELERY")
# A worker that dies holds its messages until this many seconds have passed; the sweeper rings sooner.
VISIBILITY_SECONDS = 120
# In the order in which a worker looks for work: what waits behind is done when nothing waits before it.
QUEUES = ("read-urgent", "read", "read-background", "infer-urgent", "infer", "infer-background")
app.conf.update(
    # An exchange each: queues that share one with the same key would all get every message.
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue="read",
    task_create_missing_queues=False,
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_store_eager_result=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_soft_shutdown_timeout=10,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "queue_order_strategy": "priority",
        "socket_connect_timeout": 2,
        "socket_timeout": 20,
        "socket_keepalive": True,
        "retry_on_timeout": True,
    },
    visibility_timeout=VISIBILITY_SECONDS,
    timezone="UTC",
    enable_utc=True,
)
app.autodiscover_tasks(["cases"])


def _queues() -> list[str]:
    return list(app.amqp.queues.consume_from)


PR_SET_PDEATHSIG = 1  # linux/prctl.h


@signals.after_setup_logger.connect
def say_nothing_of_tasks_that_end_well(**_: object) -> None:
    """Two lines for each would be all that the log holds; what a case went through stands in its own stream."""
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


@signals.worker_process_init.connect
def die_with_parent(**_: object) -> None:
    """A child whose worker was killed has nobody to take its answers: it goes too."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@signals.worker_process_init.connect
def limit_child_memory(**_: object) -> None:
    """A reader child that grows past the limit gets a MemoryError instead of taking the machine."""
    from django.conf import settings

    if any(name.startswith("read") for name in _queues()):
        limit = settings.READ_MEMORY_MB * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@signals.task_postrun.connect
def drop_torn_connection(sender: Task[..., object], **_: object) -> None:
    """A time limit can strike between BEGIN and the block that ends it: nobody would let go of the lock."""
    from django.db import connection

    if connection.in_atomic_block and not sender.request.is_eager:
        connection.in_atomic_block = connection.closed_in_transaction = False
        connection.close()


@signals.celeryd_after_setup.connect
def start_pulse(sender: str, **_: object) -> None:
    """Load the models before the first message where the worker infers, and tell the database that it is alive."""
    from cases.pulse import start_worker
    from pneumo_site.postgresql.base import keep_connections

    keep_connections()  # from task to task, in the children too; of SQLite CELERY_DB_REUSE_MAX says it
    start_worker(name=str(sender), queues=_queues())


@signals.worker_shutdown.connect
def close_engines(**_: object) -> None:
    """Finish what the engines took."""
    from cases.engines import close_all

    if any(name.startswith("infer") for name in _queues()):
        close_all()
