"""A worker's connection to the database: kept from task to task on SQLite, and never in somebody's transaction."""

from __future__ import annotations

from celery.fixups.django import DjangoWorkerFixup
from django.db import connection, transaction

from cases.models import Site
from cases.tasks import score_analysis
from pneumo_site.celery import app, drop_torn_connection


def test_a_worker_opens_sqlite_once_and_other_databases_for_every_task(transactional_db):
    connection.ensure_connection()
    opened = connection.connection
    around_tasks = DjangoWorkerFixup(app)
    around_tasks.on_task_prerun(sender=score_analysis)
    around_tasks.on_task_postrun(sender=score_analysis)
    assert (connection.connection is opened) == (connection.vendor == "sqlite")


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
