"""Each message two to five times, to two inference workers at once: one answer and one event each (F10)."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from cases import pulse
from cases.models import Analysis, Event, WorkerPulse
from tests.chaos.flow import check_none_twice, messages_for, prepared_analyses
from tests.stack import wait_until

# A few through one worker are in tests/workers/test_line.py, a few by threads in tests/cases/test_redelivery.py.
pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
RUNS = 500


def test_messages_delivered_again_and_again_leave_one_answer_each(full_stack, shipped_model):
    full_stack.start("second inference")
    wait_until(lambda: WorkerPulse.objects.filter(kind="infer").count() == 2, 120, "two inference workers")
    chance = random.Random(10)
    ids = prepared_analyses(shipped_model, RUNS)
    deliveries = [number for number in ids for _ in range(chance.randint(2, 5))]
    chance.shuffle(deliveries)

    messages_for(deliveries)
    wait_until(lambda: Analysis.objects.filter(state="done").count() == RUNS, 900, "every answer")
    messages_for(chance.sample(ids, 20))  # and once more, long after
    wait_until(lambda: _heard_all(), 300, "every message taken")

    assert Counter(Event.objects.filter(verb="analysed").values_list("case_id", flat=True)).most_common(1)[0][1] == 1
    workers = set(Analysis.objects.values_list("worker", flat=True))
    print(f"{len(deliveries)} messages for {RUNS} analyses, answered by {sorted(workers)}")  # noqa: T201
    check_none_twice()
    assert pulse.alive("infer")


def _heard_all() -> bool:
    from cases.sweeper import messages_waiting

    return messages_waiting("infer") == 0
