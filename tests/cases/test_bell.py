"""Which queue a case's work waits in, over a real broker: low priority stands behind everybody's ordinary cases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.utils import timezone

from cases import bell, rules, sweeper
from cases.intake.details import UploadDetails
from cases.intake.services import correct_patient, receive_upload
from cases.models import Analysis, Case, Radiograph
from pneumo_site.celery import QUEUES
from tests import making
from tests.stack import running_stack

pytestmark = pytest.mark.django_db(transaction=True)
SUFFIXES = {"urgent": "-urgent", "normal": "", "low": "-background"}


@pytest.fixture(scope="module")
def redis(django_db_setup) -> Iterator[None]:
    """A Redis of our own, with nobody who takes messages."""
    with running_stack() as stack:
        stack.start_redis()
        yield


@pytest.fixture
def broker(redis) -> None:
    """Empty queues."""
    with current_app.connection_for_write() as connection:
        for queue in current_app.amqp.queues.values():
            queue(connection.default_channel).declare()
            connection.default_channel.queue_purge(queue.name)


class Heard:
    """The queues that have more messages than when this was made."""

    def __init__(self) -> None:
        self._before = self._counted()

    def _counted(self) -> dict[str, int]:
        return {queue: sweeper.messages_waiting(queue) for queue in QUEUES}

    def since(self) -> dict[str, int]:
        """Name of the queue to how many messages came."""
        now = self._counted()
        return {queue: now[queue] - self._before[queue] for queue in QUEUES if now[queue] != self._before[queue]}


def test_every_priority_of_a_case_has_a_queue_that_workers_listen_to():
    for kind in ("read", "infer"):
        for priority in (*rules.Priority, "background"):
            assert bell.queue_of(kind, priority) in QUEUES


@pytest.mark.parametrize("priority", list(SUFFIXES))
def test_an_upload_waits_in_the_queue_of_its_priority(broker, alice, priority):
    heard = Heard()
    content, details = ContentFile(making.jpeg_bytes()), UploadDetails(priority=priority)

    receive_upload(content=content, name="chest.jpg", by=alice, details=details)

    assert heard.since() == {f"read{SUFFIXES[priority]}": 1}


@pytest.mark.parametrize("priority", list(SUFFIXES))
def test_the_sweeper_rings_in_the_queue_of_the_case_s_priority(broker, a_case, alice, priority):
    waiting = a_case(state="received", by=alice, priority=priority)
    scored = a_case(by=alice, priority=priority, seed=1)
    answer = Analysis.objects.get(radiograph__case=scored)
    Analysis.objects.create(radiograph=answer.radiograph, model_version=answer.model_version, run=2, rung_at=long_ago())
    Radiograph.objects.filter(case=waiting).update(rung_at=long_ago())
    heard = Heard()

    sweeper.sweep()

    assert heard.since() == {f"read{SUFFIXES[priority]}": 1, f"infer{SUFFIXES[priority]}": 1}


@pytest.mark.parametrize("raised", ["normal", "urgent"])
def test_a_case_that_a_person_raises_is_rung_again_in_the_faster_queue(broker, a_case, alice, raised):
    many = [a_case(state="received", by=alice, priority="low", seed=number) for number in range(3)]
    for case in many:
        bell.ring_read(case.radiographs.get().pk, "low")
    since = timezone.now() - timedelta(seconds=sweeper.RING_AGAIN_SECONDS + 1)
    Radiograph.objects.update(rung_at=since)
    details = UploadDetails(patient_id="P-1", priority=raised)
    heard = Heard()

    correct_patient(case=many[0], by=alice, details=details)
    sweeper.sweep()

    assert Case.objects.get(pk=many[0].pk).priority == raised
    assert heard.since() == {f"read{SUFFIXES[raised]}": 1}, "the others wait on, their queue is not empty"


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=1)
