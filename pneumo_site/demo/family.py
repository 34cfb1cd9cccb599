"""The processes of a demo, found by a mark in their environment: orphans and grandchildren among them."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

MARK = "PNEUMO_DEMO"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the process that started this one dies, by `kill -9` too."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def find_relatives(data: Path) -> list[int]:
    """Pids of the living processes that were started for the demo on `data`, except this one."""
    mark = f"{MARK}={data}".encode()
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if pid != os.getpid() and mark in read_environment(pid)]


def read_environment(pid: int) -> list[bytes]:
    """`NAME=value` of a process; empty where it is gone, a zombie or somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end_relatives(data: Path, grace_s: float) -> int:
    """End what is left of the demo on `data`: SIGTERM, after `grace_s` SIGKILL. Returns how many there were."""
    found = find_relatives(data)
    send(found, signal.SIGTERM)
    if not wait_until_gone(data, grace_s):
        send(find_relatives(data), signal.SIGKILL)
        wait_until_gone(data, 5)
    return len(found)


def wait_until_gone(data: Path, seconds: float) -> bool:
    """True as soon as no relative is left, False after `seconds`."""
    end = time.monotonic() + seconds
    while find_relatives(data):
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)
    return True


def send(pids: list[int], number: signal.Signals) -> None:
    """`number` to each; one that has just gone is no error."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
