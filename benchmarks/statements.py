"""One case without its neighbours: SQL statements, transactions and CPU of each step from upload to answer.

The services are called in this process, one after another, on the database and the broker that they have in the demo;
the network answers at once (`engine` measures it), so that what is left is what a case costs besides it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sender import chest_like
from benchmarks.table import Table, median
from benchmarks.worklist import database

CASES = int(os.environ.get("STATEMENTS_CASES", "100"))
WARM_UP = 5
COLUMNS = ("step", "statements", "transactions", "CPU ms, median", "CPU ms, mean", "ms in transactions, median")


@dataclass
class Step:
    """What one step took, a number for each case."""

    statements: list[int] = field(default_factory=list)
    transactions: list[int] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    locked_ms: list[float] = field(default_factory=list)

    def row(self, name: str) -> tuple[Any, ...]:
        """For the table."""
        mean = sum(self.cpu_ms) / len(self.cpu_ms)
        counts = median(self.statements), median(self.transactions)
        return (name, *counts, median(self.cpu_ms), mean, median(self.locked_ms))


def run() -> list[Table]:
    """Each step of CASES drawn pictures, on SQLite or on the PostgreSQL of DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as made:
        folder = Path(made)
        with redis(folder), database(folder) as name:
            steps = measure(CASES)
    rows = [step.row(what) for what, step in steps.items()]
    rows.append(("together", *(sum(row[column] for row in rows) for column in range(1, len(COLUMNS)))))
    meaning = "Statements are counted without BEGIN and COMMIT. The network answers at once; nothing else runs."
    return [Table(f"One case on {name}, {CASES} one after another", COLUMNS, rows, meaning)]


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[None]:
    """A Redis on the socket that `database` names."""
    from pneumo_site.demo.programs import find_redis

    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [find_redis(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--loglevel", "warning"], cwd=folder
    )
    try:
        while not socket.exists():
            time.sleep(0.01)
        yield
    finally:
        server.terminate()
        server.wait()


def measure(cases: int) -> dict[str, Step]:
    """Bring `cases` pictures in, read and score them one by one; the first few are not counted."""
    from django.core.files.base import ContentFile

    from cases import analysis
    from cases.intake.details import UploadDetails
    from cases.intake.services import receive_upload

    by, steps = _prepare_site(), {"upload": Step(), "read": Step(), "score": Step()}
    for seed in range(-WARM_UP, cases):
        if seed == 0:
            steps = {name: Step() for name in steps}
        file = ContentFile(chest_like(seed + WARM_UP))
        with measured(steps["upload"]):
            upload = receive_upload(content=file, name="chest.jpg", by=by, details=UploadDetails(), kind="phantom")
        with measured(steps["read"]):
            analysis.prepare_radiograph(upload.radiograph_id)
        waiting = upload.radiograph.analyses.get(state="waiting")
        with measured(steps["score"]):
            analysis.score(waiting.pk)
        waiting.refresh_from_db()
        assert waiting.state == "done", waiting.failure_code
    return steps


def _prepare_site() -> Any:
    """Who sends, the model that ships, and in place of its network one that answers at once."""
    from cases import engines
    from cases.models import User
    from cases.oversight.services import activate_model, register_model
    from inference.answers import DEFAULT_BUNDLE
    from inference.engine import Engine

    version = register_model(directory=Path(DEFAULT_BUNDLE), by=None)
    activate_model(version=version, by=None, reason="to measure")
    engines._engines[version.sha256] = Engine(AtOnce(version))
    return User.objects.create(username="sender", role="radiographer", password="!")


class AtOnce:
    """A network that says "as likely as not" to everything, and sees the same in it."""

    max_batch = 32

    def __init__(self, version: Any) -> None:
        self.classes = tuple(version.classes)
        self.shape = (version.preprocessing["height"], version.preprocessing["width"], 1)

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """One row of equal numbers for each picture."""
        return np.full((len(batch), len(self.classes)), 1 / len(self.classes), np.float32)

    def predict_and_embed(self, batch: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        """The same, with an embedding for each."""
        return self.predict(batch), [bytes(range(128))] * len(batch)


@contextlib.contextmanager
def measured(step: Step) -> Iterator[None]:
    """Count and time what is done inside."""
    from django.db import connection

    watch = Watch()
    began = time.process_time()
    with watch.transactions(connection), connection.execute_wrapper(watch.count):
        yield
    step.cpu_ms.append((time.process_time() - began) * 1000)
    step.statements.append(watch.statements)
    step.transactions.append(watch.opened)
    step.locked_ms.append(watch.seconds * 1000)


class Watch:
    """Counts statements and transactions, and the seconds between the beginning of each and its end."""

    def __init__(self) -> None:
        self.statements = self.opened = 0
        self.seconds = self._since = 0.0

    def count(self, execute: Callable[..., Any], *asked: Any) -> Any:
        """For `execute_wrapper`."""
        self.statements += 1
        return execute(*asked)

    @contextlib.contextmanager
    def transactions(self, connection: Any) -> Iterator[None]:
        """While it is open, every outermost transaction of this connection is timed."""
        set_autocommit, commit = connection.set_autocommit, connection.commit

        def timed_start(autocommit: bool, **options: Any) -> None:
            set_autocommit(autocommit, **options)
            if not autocommit:
                self.opened, self._since = self.opened + 1, time.perf_counter()

        def timed_commit() -> None:
            commit()
            self.seconds += time.perf_counter() - self._since

        connection.set_autocommit, connection.commit = timed_start, timed_commit
        try:
            yield
        finally:
            del connection.set_autocommit, connection.commit
