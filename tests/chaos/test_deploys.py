"""Workers are told to stop, as at an update, while pictures flow in: they end in time and nothing is lost (F19)."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.chaos.flow import bring_in, check_each_scored_once, wait_for_all
from tests.stack import Stack

pytestmark = pytest.mark.chaos
DRAIN_SECONDS = 60


def stop_and_start_again(stack: Stack, name: str) -> float:
    """SIGTERM, and the next one when it has ended; seconds that the end took."""
    process, began = stack.processes.pop(name), time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    process.wait(DRAIN_SECONDS + 20)
    seconds = time.monotonic() - began
    stack.start(name)
    return seconds


@pytest.mark.parametrize(
    ("count", "rounds"),
    [
        pytest.param(40, 2, marks=pytest.mark.timeout(400)),
        pytest.param(500, 10, marks=[pytest.mark.long, pytest.mark.timeout(2400)]),
    ],
)
def test_workers_that_are_told_to_stop_lose_and_double_nothing(full_stack, sender, count, rounds):
    uploads, drains = [], []
    for _turn in range(rounds):
        for name in ("inference", "reader"):
            first = len(uploads)
            uploads += bring_in(sender, range(first, first + count // (2 * rounds)))
            drains.append(stop_and_start_again(full_stack, name))
    print(f"{len(drains)} stops, the slowest took {max(drains):.1f} s")  # noqa: T201 for docs/faults.md
    uploads += bring_in(sender, range(len(uploads), count))
    wait_for_all(uploads, 1500)

    assert max(drains) <= DRAIN_SECONDS
    assert len(uploads) == count
    check_each_scored_once(uploads)
