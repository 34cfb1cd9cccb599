"""Upload to probability, over the processes of `make demo`: one after another, many, and an urgent one behind many."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.processor_time import seconds_by_program
from benchmarks.running_demo import ROOT, RunningDemo, running_demo
from benchmarks.table import Table, median, quantile

IDLE, MANY, URGENT = 100, 2_000, 5
PATIENCE_S = 900
LOOK_EVERY_S = 0.05
FEW = 200  # cases that are looked for by name
PAGE_EVERY_S = 0.5
FINISHED = """SELECT radiograph.case_id, MAX(analysis.finished_at) FROM cases_analysis analysis
    JOIN cases_radiograph radiograph ON radiograph.id = analysis.radiograph_id
    WHERE analysis.state = 'done'{named} GROUP BY radiograph.case_id"""


def run() -> list[Table]:
    """Times of both ways, what the processor was spent on, and the urgent ones."""
    with running_demo() as demo:
        idle = one_after_another(demo, IDLE)
        many = all_at_once(demo, MANY)
    return [_times(idle, many), _spent(many), _urgent(many)]


@dataclass
class Sent:
    """Cases of one sender: when each was begun and taken (seconds since the epoch), and its own CPU seconds."""

    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    cpu_seconds: float = 0.0

    def waits(self, finished: dict[str, float]) -> list[float]:
        """Seconds from the beginning of each upload to its probability."""
        return [finished[case] - began for case, (began, _) in self.spans.items()]


class Sender:
    """A process that has drawn its pictures and waits for the word."""

    def __init__(self, demo: RunningDemo, count: int, first_seed: int, priority: str = "normal") -> None:
        options = ["--first-seed", str(first_seed), "--priority", priority]
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.sender", str(count), *options]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, cwd=ROOT, env=demo.environment(), text=True, **pipes)
        self._answer()

    def send(self, count: int) -> Sent:
        """Its next `count` pictures, all sent when this returns."""
        assert self._process.stdin
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        found = self._answer()
        return Sent({case: (began, taken) for case, (began, taken) in found["sent"].items()}, found["cpu_seconds"])

    def _answer(self) -> dict:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sender ended with {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """No more words: it ends."""
        self._process.communicate(timeout=30)


def one_after_another(demo: RunningDemo, count: int) -> list[float]:
    """Seconds from upload to probability, each sent when the one before is there; the first three are not counted."""
    waits: list[float] = []
    with contextlib.closing(Sender(demo, count + 3, first_seed=0)) as sender:
        for _ in range(count + 3):
            sent = sender.send(1)
            waits += sent.waits(wait_until_finished(demo, sent))
    return waits[3:]


@dataclass
class Many:
    """What was seen while many cases went through."""

    sent: Sent
    waits: list[float]
    rate: float
    urgent: list[float]
    waiting_then: int
    pages: list[float]
    cpu: dict[str, float]


def all_at_once(demo: RunningDemo, count: int) -> Many:
    """`count` cases as fast as the service takes them, a page asked for meanwhile; urgent ones once all are sent."""
    senders = Sender(demo, count, first_seed=10_000), Sender(demo, URGENT, first_seed=90_000, priority="urgent")
    before = seconds_by_program(demo.process.pid)
    with asked_pages(demo) as pages:
        sent = senders[0].send(count)
        waiting = count - len(sent.spans.keys() & finished_cases(demo).keys())
        hurried = senders[1].send(URGENT)
        hurried_at = wait_until_finished(demo, hurried)
        finished = wait_until_finished(demo, sent)
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in seconds_by_program(demo.process.pid).items()}
    for sender in senders:
        sender.close()
    span = max(finished[case] for case in sent.spans) - min(began for began, _ in sent.spans.values())
    urgent = [hurried_at[case] - taken for case, (_, taken) in hurried.spans.items()]
    return Many(sent, sent.waits(finished), count / span, urgent, waiting, pages, spent | {"sender": sent.cpu_seconds})


@contextlib.contextmanager
def asked_pages(demo: RunningDemo) -> Iterator[list[float]]:
    """While it is open the worklist is asked for twice a second; seconds of each answer."""
    client, times, over = demo.visitor("radiologist"), [], threading.Event()

    def ask() -> None:
        while not over.wait(PAGE_EVERY_S):
            began = time.monotonic()
            client.get("/").raise_for_status()
            times.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield times
    finally:
        over.set()
        thread.join()


def wait_until_finished(demo: RunningDemo, sent: Sent) -> dict[str, float]:
    """When each case had its probability, seconds since the epoch.

    Raises:
        TimeoutError: not all within PATIENCE_S.
    """
    end = time.monotonic() + PATIENCE_S
    few = list(sent.spans) if len(sent.spans) <= FEW else None
    while not sent.spans.keys() <= (finished := finished_cases(demo, few)).keys():
        if time.monotonic() > end:
            raise TimeoutError(f"{len(sent.spans.keys() - finished.keys())} cases have no probability")
        time.sleep(LOOK_EVERY_S if few else 1.0)
    return finished


def finished_cases(demo: RunningDemo, cases: Sequence[str] | None = None) -> dict[str, float]:
    """Case id to the moment of its probability; of these cases alone, where they are named: looking costs less then."""
    named = f" AND radiograph.case_id IN ({', '.join('?' * len(cases))})" if cases else ""
    with contextlib.closing(sqlite3.connect(f"file:{demo.database}?mode=ro", uri=True, timeout=30)) as database:
        return {str(case): _instant(at) for case, at in database.execute(FINISHED.format(named=named), cases or ())}


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _times(idle: list[float], many: Many) -> Table:
    rows = [
        ("one after another", len(idle), median(idle), quantile(idle, 0.95), 1 / median(idle)),
        ("all at once", len(many.waits), median(many.waits), quantile(many.waits, 0.95), many.rate),
    ]
    pages = f"median {median(many.pages) * 1000:.0f} ms, 95th percentile {quantile(many.pages, 0.95) * 1000:.0f} ms"
    return Table(
        "Upload to probability",
        ("how", "cases", "median s", "95th percentile s", "cases per s"),
        rows,
        f"1.5-megapixel JPEG, from the call of the upload service to the probability in the database. "
        f"The worklist meanwhile: {pages} of {len(many.pages)} answers.",
    )


def _spent(many: Many) -> Table:
    count, whole = len(many.waits), sum(many.cpu.values())
    rows = [(name, 1000 * seconds / count, seconds / whole) for name, seconds in sorted(many.cpu.items())]
    return Table("Where the processor's time went", ("program", "CPU ms per case", "share"), rows)


def _urgent(many: Many) -> Table:
    return Table(
        "Urgent cases behind others",
        ("waiting before them", "urgent", "median s", "longest s"),
        [(many.waiting_then, len(many.urgent), median(many.urgent), max(many.urgent))],
        "From the moment the upload was taken to the probability.",
    )
