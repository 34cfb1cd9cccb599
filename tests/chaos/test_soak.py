"""The inference worker's memory stays what it is after its warm-up, however much it answers (F18)."""

from __future__ import annotations

import time

import pytest

from benchmarks.anonymous_memory import anonymous_kilobytes
from cases.models import Analysis
from tests.chaos.flow import messages_for, prepared_analyses
from tests.stack import wait_until

pytestmark = pytest.mark.chaos
PICTURES = 50
AT_ONCE = 250  # messages in the queue
GROWTH = 0.05


def answer(ids: list[int], pid: int) -> list[int]:
    """Have them answered, some at a time; the worker's own memory in KB after each lot."""
    found = []
    for first in range(0, len(ids), AT_ONCE):
        lot = ids[first : first + AT_ONCE]
        messages_for(lot)
        wait_until(lambda lot=lot: _all_done(lot), 300, "the answers of one lot")
        found.append(anonymous_kilobytes(pid))
    return found


def _all_done(lot: list[int]) -> bool:
    return not Analysis.objects.filter(pk__gte=lot[0], pk__lte=lot[-1]).exclude(state="done").exists()


@pytest.mark.parametrize(
    ("warm_up", "count"),
    [
        pytest.param(500, 500, marks=pytest.mark.timeout(600)),
        # Threads' arenas fill for some thousands: from 500 to 10,500 it was 6.8 %, three quarters of it before 4,000.
        pytest.param(4_000, 10_000, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def test_many_analyses_in_a_row_do_not_make_the_inference_worker_grow(full_stack, shipped_model, warm_up, count):
    pid = full_stack.processes["inference"].pid
    full_stack.kill("sweeper")  # it would ring for those whose turn has not come
    ids = prepared_analyses(shipped_model, PICTURES, runs=(warm_up + count) // PICTURES)
    before = answer(ids[:warm_up], pid)[-1]
    began = time.monotonic()
    after = answer(ids[warm_up:], pid)

    grown = after[-1] / before - 1
    rate = count / (time.monotonic() - began)
    print(f"{before / 1024:.0f} MB, after {count} more {after[-1] / 1024:.0f} MB ({grown:+.1%}); {rate:.0f} a second")  # noqa: T201
    print("MB after each lot:", [kilobytes // 1024 for kilobytes in after])  # noqa: T201 for docs/faults.md
    assert full_stack.processes["inference"].poll() is None
    assert Analysis.objects.filter(state="done").count() == len(ids)
    assert grown <= GROWTH
