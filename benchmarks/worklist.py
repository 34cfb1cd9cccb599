"""The worklist over 100,000 cases: every sort and filter, then fifty open pages while cases change every second."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.table import Table, median, quantile

CASES = int(os.environ.get("WORKLIST_CASES", "100000"))
REPEATS = 5
FILTERS = {
    "open": "",
    "all": "state=all",
    "signed": "state=signed",
    "one person's": "mine=1",
    "urgent": "priority=urgent",
    "uncertain": "band=uncertain",
    "women of 60 to 80": "state=all&sex=F&age_from=60&age_to=80",
    "score 0.4 to 0.6": "state=all&score_from=0.4&score_to=0.6",
    "one reader's": "state=all&reader=reader7",
    "one version's": "state=all&model=1",
    "disagreements": "state=signed&differs=1",
    "with a question": "flag=question",
    "waits too long": "flag=overdue",
    "arrived this week": "state=all&since={week}",
    "all of them together": "state=all&sex=M&age_from=20&score_from=0.2&model=2&flag=question&priority=normal",
}


def run() -> list[Table]:
    """Two tables: pages by filter over all sorts, and open pages under change."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder, database(Path(folder)) as name:
        from benchmarks.many_cases import make_cases

        began = time.perf_counter()
        make_cases(CASES)
        made_s = time.perf_counter() - began
        pages = page_table(name, made_s)
        from benchmarks.open_pages import open_pages_table

        return [pages, open_pages_table(Path(folder), name)]


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """A fresh database: an SQLite file, or a database of its own on the PostgreSQL of DATABASE_URL."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="pneumo_site.settings",
        SECRET_KEY="b" * 60,
        EVENT_KEY="b" * 60,
        DATA_DIR=str(folder),
        SITE_KIND="demo",
        LANGUAGE_CODE="en",
    )
    os.environ.setdefault("REDIS_URL", f"unix://{folder}/redis.sock")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import setup_test_environment

    setup_test_environment()
    if connection.vendor == "sqlite":
        call_command("migrate", verbosity=0)
        yield "SQLite"
        return
    old = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield "PostgreSQL"
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def page_table(database_name: str, made_s: float) -> Table:
    """Milliseconds of the page by filter, over every column both ways and the reading order."""
    from cases.worklist.columns import BY_CODE

    client = visitor("reader7")
    sorts = ["", *(sign + code for code in BY_CODE for sign in ("", "-"))]
    table = Table(
        f"The worklist page over {CASES:,} cases, {database_name}",
        ("filter", "median ms", "95th percentile ms", "processor ms", "slowest sort", "its median ms", "queries"),
    )
    everything: list[Spent] = []
    for name, query in FILTERS.items():
        by_sort = {sort: times(client, address(query, sort)) for sort in sorts}
        everything += (spent := [one for row in by_sort.values() for one in row])
        slowest = max(by_sort, key=lambda sort: median([one.wall for one in by_sort[sort]]))
        queries = max(queries_of(client, address(query, sort)) for sort in ("", slowest))
        worst = median([one.wall for one in by_sort[slowest]])
        table.rows.append((name, *figures(spent), slowest or "reading order", worst, queries))
    table.rows.append(("all of these", *figures(everything), "", "", ""))
    table.meaning = (
        f"The whole page (session, rights, rows, counts, HTML), asked {REPEATS} times for each of {len(sorts)} orders. "
        f"{made_s:.0f} s to make the cases."
    )
    return table


def address(query: str, sort: str) -> str:
    """The page with these filters in this order."""
    from django.utils import timezone

    week = timezone.localdate() - timezone.timedelta(days=7)
    parts = [query.format(week=week), f"sort={sort}" if sort else ""]
    return "/?" + "&".join(part for part in parts if part)


def visitor(username: str) -> Any:
    """A logged-in client within this process, and a worker that gives signs of life."""
    from django.test import Client

    from cases import pulse
    from cases.models import User

    pulse.beat("infer@bench", "infer")
    client = Client()
    client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


class Spent(NamedTuple):
    """Milliseconds of one answer: by the clock, and of the processor."""

    wall: float
    processor: float


def figures(spent: list[Spent]) -> tuple[float, float, float]:
    """Median and 95th percentile by the clock, median of the processor."""
    walls = [one.wall for one in spent]
    return median(walls), quantile(walls, 0.95), median([one.processor for one in spent])


def times(client: Any, url: str) -> list[Spent]:
    """Each of REPEATS answers."""
    return [timed(lambda: client.get(url)) for _ in range(REPEATS)]


def timed(ask: Callable[[], Any]) -> Spent:
    """How long one answer took; anything but 200 ends the benchmark."""
    began, worked = time.perf_counter(), time.thread_time()
    answer = ask()
    spent = Spent(1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - worked))
    if answer.status_code != 200:
        sys.exit(f"the page answered {answer.status_code}")
    return spent


def queries_of(client: Any, url: str) -> int:
    """How many queries one page takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        client.get(url)
    return len(found)
