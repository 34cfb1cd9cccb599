"""A worker's connection to the database: kept from task to task, and never in somebody's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection, transaction

from cases.models import Site
from cases.tasks import score_analysis
from pneumo_site.celery import app, drop_torn_connection
from pneumo_site.postgresql.base import keep_connections


@pytest.fixture
def keeping(transactional_db) -> Iterator[None]:
    """As a worker does when it starts."""
    keep_connections()
    yield
    keep_connections(False)


def used_by_a_task(work: Callable[[], object] = Site.objects.exists) -> object:
    """The database connection, in the hands of a task, with all that Celery does before and after it."""
    around_tasks = DjangoWorkerFixup(app)
    around_tasks.on_task_prerun(sender=score_analysis)
    try:
        work()
        return connection.connection
    finally:
        drop_torn_connection(sender=score_analysis)
        around_tasks.on_task_postrun(sender=score_analysis)


def test_a_worker_connects_once_for_many_tasks(keeping):
    assert used_by_a_task() is used_by_a_task() is used_by_a_task()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a file does not go away")
def test_a_task_after_a_restart_of_the_server_has_a_new_connection(keeping):
    before = used_by_a_task()
    with connection._nodb_cursor() as cursor:
        name = [connection.settings_dict["NAME"]]
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", name)
    assert used_by_a_task() is not before


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's is dropped with its transaction")
def test_a_task_that_a_time_limit_tore_leaves_nothing_to_the_next(keeping):
    Site.objects.create(pk=1, name="before")

    def torn() -> None:
        connection.set_autocommit(
            False
        )  # what the limit leaves that strikes in Atomic.__enter__, before in_atomic_block
        Site.objects.update(name="never committed")

    before = used_by_a_task(torn)
    assert used_by_a_task(lambda: Site.objects.update(name="after")) is not before
    assert Site.objects.get().name == "after"


def test_a_transaction_that_nobody_will_end_goes_with_its_connection(transactional_db):
    Site.objects.create(pk=1, name="before")
    # What a time limit leaves that strikes in Atomic.__enter__, after BEGIN.
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.in_atomic_block = True
    Site.objects.update(name="never committed")

    drop_torn_connection(sender=score_analysis)

    assert not connection.in_atomic_block
    with transaction.atomic():
        assert Site.objects.select_for_update().get().name == "before"
        Site.objects.update(name="after")
    assert Site.objects.get().name == "after"


def test_a_sound_connection_is_left_alone(transactional_db):
    connection.ensure_connection()
    opened = connection.connection
    drop_torn_connection(sender=score_analysis)
    assert connection.connection is opened
