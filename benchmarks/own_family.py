"""A process and those that it started."""

from __future__ import annotations

from pathlib import Path


def with_children(pid: int) -> list[int]:
    """A process and all that it started, and these started."""
    try:
        listed = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return [pid]
    return [pid, *(found for text in listed for child in text.split() for found in with_children(int(child)))]
