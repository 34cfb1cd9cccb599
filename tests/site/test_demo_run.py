"""The real demo, from an empty folder: it comes up, fills itself, survives kills and leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pneumo_site.demo.family import find_relatives
from pneumo_site.demo.ready import ask

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 800  # a machine that does other things meanwhile
pytestmark = [
    pytest.mark.timeout(2500),
    pytest.mark.skipif(
        not (ROOT / "inference" / "bundles" / "pneumonia").is_dir(), reason="the model that comes with the product"
    ),
]


class Demo:
    """One `python -m pneumo_site.demo`, as make starts it."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.port = free_port()
        self.output = data.with_suffix(".txt")
        # Nothing of the tests' own environment: the demo makes its own, in an empty home.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data.parent),
            "TMPDIR": str(data.parent),
            "LANG": "C.UTF-8",
        }
        with self.output.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pneumo_site.demo", "--port", str(self.port), "--data", str(data)],
                cwd=ROOT,
                env=environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str, seconds: float = START_SECONDS) -> None:
        wait_until(lambda: words in self.said() or self.process.poll() is not None, seconds, self.tail)
        assert words in self.said(), self.tail()

    def tail(self) -> str:
        log = self.data / "log" / "pneumo.log"
        return f"{self.said()}\n{log.read_text(errors='replace')[-4000:] if log.exists() else ''}"

    def interrupt(self) -> int:
        """Ctrl+C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        for pid in find_relatives(self.data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start() -> Iterator[Callable[[], Demo]]:
    """`start()` and start() again: on the same data, which go at the end."""
    with tempfile.TemporaryDirectory(prefix="pneumo-demo-test-") as folder:
        started: list[Demo] = []

        def begin() -> Demo:
            started.append(Demo(Path(folder) / "var"))
            return started[-1]

        try:
            yield begin
        finally:
            for demo in started:
                demo.end()


def wait_until(holds: Callable[[], object], seconds: float, explain: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s\n{explain()}"
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def case_states(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(f"file:{data}/pneumo.sqlite3?mode=ro", uri=True)) as database:
        return [state for (state,) in database.execute("select state from cases_case")]


def password_of(demo: Demo, user: str) -> str:
    return re.search(rf"^DEMO_PASSWORD_{user.upper()}=(.+)$", (demo.data / "demo-keys.env").read_text(), re.M)[1]


def log_in(demo: Demo, user: str) -> str:
    """The cookies of a logged-in browser, as a header."""
    web = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=30)
    try:
        web.request("GET", "/accounts/login/")
        page = web.getresponse()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())[1]
        cookies = SimpleCookie(page.getheader("Set-Cookie"))
        body = urlencode({"username": user, "password": password_of(demo, user), "csrfmiddlewaretoken": token})
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"csrftoken={cookies['csrftoken'].value}",
        }
        web.request("POST", "/accounts/login/", body, headers)
        answer = web.getresponse()
        answer.read()
        assert answer.status == 302, answer.status
        found = [SimpleCookie(value) for name, value in answer.getheaders() if name.lower() == "set-cookie"]
        return "; ".join(f"{name}={morsel.value}" for cookie in found for name, morsel in cookie.items())
    finally:
        web.close()


@contextlib.contextmanager
def open_stream(demo: Demo) -> Iterator[http.client.HTTPResponse]:
    """A page of the queue with its open event stream."""
    web = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=30)
    try:
        web.request("GET", "/live/", headers={"Cookie": log_in(demo, "radiologist")})
        answer = web.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Type", "").startswith("text/event-stream")
        yield answer
    finally:
        web.close()


def test_a_first_start_ends_with_phantoms_that_are_ready_and_ctrl_c_leaves_no_process(start):
    demo = start()
    demo.wait_for("The demo is running")
    assert ask(demo.port)[0] == 200
    states = case_states(demo.data)
    assert 6 <= len(states) <= 8
    assert set(states) == {"ready"}
    for user in ("radiographer", "radiologist", "administrator"):
        assert password_of(demo, user) in demo.said()
        assert password_of(demo, user) not in (demo.data / "log" / "pneumo.log").read_text()
    assert stat.S_IMODE((demo.data / "demo-keys.env").stat().st_mode) == 0o600
    assert re.search(r"[\d.]+ s, [\d.]+ cases per second", demo.said())
    with open_stream(demo):
        assert len(find_relatives(demo.data)) >= 6
        assert demo.interrupt() == 0
        assert find_relatives(demo.data) == []
    assert ask(demo.port)[0] == 0


@pytest.mark.chaos
def test_a_second_start_keeps_the_data_and_a_killed_demo_is_cleaned_up_by_the_next(start):
    first = start()
    first.wait_for("The demo is running")
    cases, keys = case_states(first.data), (first.data / "demo-keys.env").read_bytes()
    first.process.kill()
    first.process.wait()
    wait_until(lambda: not find_relatives(first.data), 60, lambda: str(find_relatives(first.data)))

    second = start()
    second.wait_for("The demo is running")
    assert case_states(second.data) == cases
    assert (second.data / "demo-keys.env").read_bytes() == keys
    assert "phantoms" not in second.said()
    supervisor = next(pid for pid in find_relatives(second.data) if b"supervisord" in command_of(pid))
    for pid in (supervisor, second.process.pid):
        os.kill(pid, signal.SIGKILL)
    second.process.wait()
    assert find_relatives(second.data)

    third = start()
    third.wait_for("left processes behind")
    third.wait_for("The demo is running")
    third.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    third.process.send_signal(signal.SIGTERM)
    assert third.process.wait(15) == 0
    assert find_relatives(third.data) == []


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
