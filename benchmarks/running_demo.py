"""The processes of `make demo` over a fresh data folder, and a browser without a screen in front of them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.own_family import with_children

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300


class RunningDemo:
    """A demo that runs; `visitor(role)` is a logged-in client."""

    def __init__(self, data: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.data, self.port, self.process = data, port, process
        self.address = f"http://127.0.0.1:{port}"

    @property
    def database(self) -> Path:
        """The demo's SQLite file."""
        return self.data / "var" / "pneumo.sqlite3"

    def wait_until_ready(self) -> None:
        """Until /readyz says yes, or the demo has ended."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the demo ended with {self.process.returncode}: {self.data / 'demo.out'}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.5)
        raise RuntimeError("the demo is not ready in time")

    def environment(self) -> dict[str, str]:
        """What the demo's web process was started with: for a program that is to work on the same site.

        Raises:
            RuntimeError: it does not run.
        """
        for pid in with_children(self.process.pid):
            words = Path(f"/proc/{pid}/environ").read_text().split("\0")
            found = dict(word.split("=", 1) for word in words if "=" in word)
            if "EVENT_KEY" in found:
                return found
        raise RuntimeError(f"no process of the demo on {self.address} runs")

    def visitor(self, role: str) -> httpx.Client:
        """A client with this demo user's session."""
        client = httpx.Client(base_url=self.address, timeout=60, follow_redirects=True)
        page = client.get("/accounts/login/")
        client.post(
            "/accounts/login/",
            data={"username": role, "password": self.password(role), "csrfmiddlewaretoken": token_of(page.text)},
            headers={"Referer": self.address},
        ).raise_for_status()
        return client

    def password(self, role: str) -> str:
        """The demo password of a role, from the file that only the owner reads."""
        for path in self.data.rglob("*"):
            if path.is_file() and path.stat().st_size < 10_000 and not path.stat().st_mode & 0o077:
                found = re.search(rf"^.*{role}\W+([\w-]{{10,}})\s*$", path.read_text(errors="ignore"), re.I | re.M)
                if found:
                    return found.group(1)
        raise RuntimeError(f"no password of {role} below {self.data}")


def token_of(html: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    if not found:
        raise RuntimeError("the page has no form")
    return found.group(1)


@contextlib.contextmanager
def running_demo() -> Iterator[RunningDemo]:
    """Start it, wait until it is ready, end it with Ctrl+C's signal."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder:
        data, port = Path(folder), free_port()
        command = [sys.executable, "-m", "pneumo_site.demo", "--port", str(port), "--data", str(data / "var")]
        with (data / "demo.out").open("wb") as out:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=out, stderr=out, env=os.environ, start_new_session=True
            )
        demo = RunningDemo(data, port, process)
        try:
            demo.wait_until_ready()
            yield demo
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
