"""What one case costs as cases grow: lot after lot through the processes of `make demo`, from 100 to 10,000 of them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

import numpy as np

from benchmarks.line import PATIENCE_S, Sender
from benchmarks.processor_time import seconds_by_program
from benchmarks.running_demo import RunningDemo, running_demo
from benchmarks.table import Table

UP_TO = int(os.environ.get("GROWTH_CASES", "10000"))
WARM_UP, LOT = 100, 500
SHOWN = ("reader", "inference", "sender")
LOOK_EVERY_S = 0.25
DONE = "SELECT COUNT(*) FROM cases_analysis WHERE state = 'done'"


def run() -> list[Table]:
    """A row for each lot: how many cases there were before it, and what one of its cases cost."""
    rows: list[tuple[int, float, float, dict[str, float]]] = []
    with running_demo() as demo:
        send_lot(demo, 0, WARM_UP)
        for there in range(WARM_UP, UP_TO, LOT):
            rows.append((there, *send_lot(demo, there, LOT)))
    return [growth_table(rows)]


def send_lot(demo: RunningDemo, there: int, count: int) -> tuple[float, float, dict[str, float]]:
    """Cases a second, CPU ms of a case over all programs, and by program."""
    with contextlib.closing(Sender(demo, count, first_seed=there)) as sender:  # draws before anything is measured
        before, began = seconds_by_program(demo.process.pid), time.monotonic()
        sent = sender.send(count)
        wait_until_done(demo, there + count)
        rate = count / (time.monotonic() - began)
        spent = seconds_by_program(demo.process.pid)
    cost = {name: 1000 * (seconds - before.get(name, 0.0)) / count for name, seconds in spent.items()}
    cost["sender"] = 1000 * sent.cpu_seconds / count
    return rate, sum(cost.values()), cost


def wait_until_done(demo: RunningDemo, count: int) -> None:
    """Until so many analyses are done.

    Raises:
        TimeoutError: not within PATIENCE_S.
    """
    end = time.monotonic() + PATIENCE_S
    with contextlib.closing(sqlite3.connect(f"file:{demo.database}?mode=ro", uri=True, timeout=30)) as database:
        while database.execute(DONE).fetchone()[0] < count:
            if time.monotonic() > end:
                raise TimeoutError(f"fewer than {count} cases have a probability")
            time.sleep(LOOK_EVERY_S)


def growth_table(rows: list[tuple[int, float, float, dict[str, float]]]) -> Table:
    """As a person reads it, with the straight line through all lots: one lot alone is at a neighbour's mercy."""
    columns = ("cases before", "cases per s", "CPU ms per case", *SHOWN, "ratio to the first")
    first = rows[0][2]
    table = Table(f"Cost of a case as cases grow, lots of {LOT}", columns)
    for there, rate, cost, parts in rows:
        table.rows.append((there, rate, cost, *(parts.get(name, 0.0) for name in SHOWN), cost / first))
    slope, start = np.polyfit([there for there, *_ in rows], [cost for _, _, cost, _ in rows], 1)
    grown = slope * (rows[-1][0] - rows[0][0]) / (start + slope * rows[0][0])
    table.meaning = f"The straight line through all lots says {100 * grown:+.1f} % from the first to the last."
    return table
