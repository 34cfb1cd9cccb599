"""The peak of a command's own memory: what it asked for, without the files it has mapped."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.own_family import with_children
from benchmarks.running_demo import ROOT

LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Peak:
    """Anonymous memory of a process and of its children together, in MB, at the worst moment; and how long it ran."""

    megabytes: float
    seconds: float


def peak_of(arguments: Sequence[str], timeout_s: float) -> Peak:
    """Run `python -m training` with these arguments.

    Raises:
        RuntimeError: it did not end well; its last words. TimeoutError: it did not end in time.
    """
    began, peak = time.monotonic(), 0
    command = [sys.executable, "-m", "training", *arguments]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said, text=True)
        while process.poll() is None:
            peak = max(peak, sum(anonymous_kilobytes(pid) for pid in with_children(process.pid)))
            if time.monotonic() - began > timeout_s:
                process.kill()
                raise TimeoutError(f"{' '.join(arguments)} took longer than {timeout_s} s")
            time.sleep(LOOK_EVERY_S)
        said.seek(0)
        if process.returncode:
            raise RuntimeError(said.read()[-2000:])
    return Peak(peak / 1024, time.monotonic() - began)


def anonymous_kilobytes(pid: int) -> int:
    """RssAnon of one process; 0 where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s+(\d+)", status)
    return int(found.group(1)) if found else 0
