"""The processes of a running demo by program, and their CPU seconds."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.own_family import with_children

PROGRAMS = {"uvicorn": "web", "reader@": "reader", "inference@": "inference", "sweeper": "sweeper", "redis": "redis"}


def seconds_by_program(pid: int) -> dict[str, float]:
    """User and system time of all processes below `pid`, those that have ended and were waited for too."""
    found: dict[str, float] = {}
    for child in with_children(pid):
        name = _program(child)
        found[name] = found.get(name, 0.0) + _seconds(child)
    return found


def pids_of(pid: int, program: str) -> list[int]:
    """The processes below `pid` that belong to this program."""
    return [child for child in with_children(pid) if _program(child) == program]


def _program(pid: int) -> str:
    words = _read(pid, "cmdline").replace("\0", " ")
    return next((name for mark, name in PROGRAMS.items() if mark in words), "other")


def _seconds(pid: int) -> float:
    fields = _read(pid, "stat").rpartition(")")[2].split()  # the name before it may hold spaces
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
