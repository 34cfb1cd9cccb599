"""An urgent case behind two thousand that wait: from the moment its upload was taken to its probability."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

from benchmarks.line import Sender, Sent, finished_cases, wait_until_finished
from benchmarks.processor_time import pids_of
from benchmarks.running_demo import RunningDemo, running_demo
from benchmarks.table import Table, median

WAITING = int(os.environ.get("URGENT_WAITING", "2000"))
URGENT = 10
FIRST_DONE = 20  # so many of those before it have gone through: every worker is at work again
PAUSE_S = 1.0


def run() -> list[Table]:
    """One row."""
    with running_demo() as demo:
        many, few = Sender(demo, WAITING, first_seed=10_000), Sender(demo, URGENT, first_seed=90_000, priority="urgent")
        with contextlib.closing(many), contextlib.closing(few):
            with held_still(demo, "reader"):
                sent = many.send(WAITING)
            until_some_are_done(demo, sent)
            waits = [one_urgent(demo, few) for _ in range(URGENT)]
            left = WAITING - len(sent.spans.keys() & finished_cases(demo).keys())
    return [_table(left, waits)]


@contextlib.contextmanager
def held_still(demo: RunningDemo, program: str) -> Iterator[None]:
    """These processes of the demo stand still meanwhile: what is sent waits."""
    pids = pids_of(demo.process.pid, program)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def until_some_are_done(demo: RunningDemo, sent: Sent) -> None:
    """Until FIRST_DONE of these cases have a probability.

    Raises:
        TimeoutError: not within two minutes.
    """
    end = time.monotonic() + 120
    while len(sent.spans.keys() & finished_cases(demo).keys()) < FIRST_DONE:
        if time.monotonic() > end:
            raise TimeoutError("the workers do not go on")
        time.sleep(0.5)


def one_urgent(demo: RunningDemo, sender: Sender) -> float:
    """Seconds from its upload to its probability; a pause first, so that none helps the next."""
    time.sleep(PAUSE_S)
    sent = sender.send(1)
    [(case, (_, taken))] = sent.spans.items()
    return wait_until_finished(demo, sent)[case] - taken


def _table(left: int, waits: list[float]) -> Table:
    columns = ("waiting before the first", "and behind the last", "urgent", "median s", "longest s")
    return Table("Urgent cases behind others", columns, [(WAITING, left, len(waits), median(waits), max(waits))])
