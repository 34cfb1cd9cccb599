"""What must be true before anything is started; each check raises a sentence."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.language import gettext as _

HOST = "127.0.0.1"
NEEDED_BYTES = 1_000_000_000  # database, log and the phantoms need little; a folder of X-rays is kept as it came
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 12)  # what the Redis of the Python packages is built for


def check_python(version: tuple[int, ...], redis_url: str) -> None:
    """Python 3.11 or 3.12; a newer one where `redis_url` names a Redis."""
    if version[:2] < OLDEST_PYTHON:
        sentence = _("This is Python {found}; the demo needs 3.11 or 3.12.")
        raise DemoError(sentence.format(found=dotted(version)), _("Install one of them, then: make clean demo"))
    if version[:2] > NEWEST_PYTHON and not redis_url:
        sentence = _("This is Python {found}; the Redis that comes with the demo is built for 3.11 and 3.12.")
        way_out = _("Start a Redis and name it: make demo REDIS_URL=redis://127.0.0.1:6379/0")
        raise DemoError(sentence.format(found=dotted(version)), way_out)


def dotted(version: tuple[int, ...]) -> str:
    """(3, 11, 7) as 3.11.7."""
    return ".".join(str(part) for part in version[:3])


def check_port(port: int) -> None:
    """`port` is free on 127.0.0.1 and may be opened by this user."""
    try:
        open_port(port)
    except PermissionError as error:
        sentence = _("Ports below 1024 belong to the system's administrator; {port} is one of them.")
        raise DemoError(sentence.format(port=port), _("Choose a higher one: make demo PORT=8000")) from error
    except OSError as error:
        sentence = _("Port {port} on this machine is taken by another program.")
        way_out = _("Choose another: make demo PORT={free}").format(free=find_free_port(port))
        raise DemoError(sentence.format(port=port), way_out) from error


def open_port(port: int) -> None:
    """Open and close `port`; OSError where that can't be."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        probe.listen(1)


def find_free_port(taken: int) -> int:
    """A free port, near above `taken` where there is one."""
    for port in range(taken + 1, min(taken + 100, 65536)):
        try:
            open_port(port)
        except OSError:
            continue
        return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_images(folder: Path) -> None:
    """`folder` is a folder that can be listed."""
    if not folder.is_dir():
        sentence = _("There is no folder {folder}.").format(folder=folder)
        raise DemoError(sentence, _("Name a folder of X-rays: make demo IMAGES=folder"))


def check_disk(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """At least `needed` bytes are free where `folder` is."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        sentence = _("{folder} is on a disk with {free:.1f} GB free; the demo needs {needed:.1f} GB.")
        way_out = _("Make room, or keep the data elsewhere: make demo DATA=folder")
        raise DemoError(sentence.format(folder=folder, free=free / 1e9, needed=needed / 1e9), way_out)


def current_version() -> tuple[int, ...]:
    """The version of the running Python."""
    return tuple(sys.version_info[:3])
