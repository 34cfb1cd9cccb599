"""The same message several times at once: one answer, one event (F10), on whichever database the tests run."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection

from cases.analysis import claim_analysis, record_analysis
from cases.models import Analysis, Case, Event
from tests import making

pytestmark = pytest.mark.django_db(transaction=True)


def deliver(row: Analysis, barrier: threading.Barrier, answer: float, failures: list[Exception]) -> None:
    """What a worker does with one message, with the engine's part left out."""
    try:
        barrier.wait(20)
        claimed = claim_analysis(row.pk)
        if claimed is not None:
            record_analysis(claimed, {"NORMAL": 1 - answer, "PNEUMONIA": answer}, {})
    except Exception as error:  # noqa: BLE001 the test's own thread looks at them
        failures.append(error)
    finally:
        connection.close()


def deliver_at_once(row: Analysis, times: int) -> list[Exception]:
    barrier, failures = threading.Barrier(times), []
    answers = [0.1 + 0.8 * number / times for number in range(times)]
    threads = [threading.Thread(target=deliver, args=(row, barrier, answer, failures)) for answer in answers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def waiting_row(seed: int) -> Analysis:
    case = making.make_case(probability=None, seed=seed)
    Case.objects.filter(pk=case.pk).update(state="queued")
    return Analysis.objects.create(radiograph=case.radiographs.get(), model_version=making.make_model())


@pytest.mark.parametrize(
    "runs", [12, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(900)])], ids=["few", "five hundred"]
)
def test_a_message_delivered_several_times_at_once_leaves_one_answer_and_one_event(runs):
    chance = random.Random(10)
    for seed in range(runs):
        row = waiting_row(seed)
        assert deliver_at_once(row, times=chance.randint(2, 5)) == []
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("done", 1)
        assert Event.objects.filter(verb="analysed", case=row.radiograph.case).count() == 1
    assert Analysis.objects.count() == Event.objects.filter(verb="analysed").count() == runs
    assert set(Case.objects.values_list("state", flat=True)) == {"ready"}
