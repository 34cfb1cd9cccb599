"""The data folder, its lock, and the short-lived folder for sockets."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.language import gettext as _

LONGEST_SOCKET_PATH = 100  # of the 108 that Linux allows, less the socket's own name's end


@dataclass(frozen=True)
class Folder:
    """Where things are kept: `data` stays, `run` goes with the demo (sockets, pipes, pid)."""

    data: Path
    run: Path

    @property
    def keys(self) -> Path:
        return self.data / "demo-keys.env"

    @property
    def log(self) -> Path:
        return self.data / "log" / "pneumo.log"

    @property
    def supervisor_errors(self) -> Path:
        return self.data / "log" / "supervisor-errors.log"

    @property
    def supervisor_settings(self) -> Path:
        return self.data / "supervisord.conf"

    @property
    def redis(self) -> Path:
        return self.data / "redis"

    @property
    def redis_socket(self) -> Path:
        return self.run / "redis.sock"

    @property
    def phantoms(self) -> Path:
        return self.data / "phantoms"

    @property
    def database(self) -> Path:
        return self.data / "pneumo.sqlite3"

    @property
    def filled(self) -> Path:
        """Exists once the first pictures are in."""
        return self.data / "demo-filled"


@contextmanager
def open_folder(data: Path, address: str) -> Iterator[Folder]:
    """The data folder, made where it is missing, ours alone until the block ends, with an empty run folder.

    Raises:
        DemoError: it can't be written, or another demo runs on it.
    """
    data = make_data_folder(data)
    with lock(data / "demo.lock") as note:
        remove_old_run_folder(note)
        run = make_run_folder()
        write_note(note, run, address)
        try:
            yield Folder(data, run)
        finally:
            shutil.rmtree(run, ignore_errors=True)


def make_data_folder(data: Path) -> Path:
    """`data`, absolute, existing, writable, closed to others where we made it."""
    data = data.expanduser().resolve()
    try:
        (data / "log").mkdir(parents=True, exist_ok=True, mode=0o700)
        (data / "redis").mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=data):
            return data
    except OSError as error:
        sentence = _("The data folder {folder} can't be written: {reason}.")
        way_out = _("Name one that can: make demo DATA=folder")
        raise DemoError(sentence.format(folder=data, reason=error.strerror), way_out) from error


@contextmanager
def lock(path: Path) -> Iterator[TextIO]:
    """Hold `path` for this process alone; the system lets go of it however this process ends."""
    with path.open("a+", encoding="utf-8") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = read_note(note)
            sentence = _("A demo already runs on {folder}: process {pid}, {address}")
            raise DemoError(
                sentence.format(folder=path.parent, pid=holder.get("pid", "?"), address=holder.get("address", "?")),
                _("Use that one, stop it with Ctrl+C, or keep another set of data: make demo DATA=folder PORT=8001"),
            ) from error
        yield note


def read_note(note: TextIO) -> dict[str, str]:
    """What the holder of the lock wrote: pid, address, run folder; empty where it wrote nothing."""
    note.seek(0)
    try:
        found = json.loads(note.read())
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def write_note(note: TextIO, run: Path, address: str) -> None:
    """Say who holds the lock."""
    note.truncate(0)
    json.dump({"pid": os.getpid(), "address": address, "run": str(run)}, note)
    note.flush()


def make_run_folder() -> Path:
    """A private folder whose path is short enough for a socket."""
    wanted = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108 (mkdtemp: 0700)
    for parent in [Path(name) for name in wanted if name]:
        if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK) and len(str(parent)) < LONGEST_SOCKET_PATH - 40:
            return Path(tempfile.mkdtemp(prefix="pneumo-demo-", dir=parent))
    sentence = _("There is no place for sockets: neither XDG_RUNTIME_DIR nor TMPDIR nor /tmp can be written.")
    raise DemoError(sentence, _("Make one of them writable, with a path shorter than 60 letters."))


def remove_old_run_folder(note: TextIO) -> None:
    """What a demo that was killed left behind."""
    old = Path(read_note(note).get("run", "") or "/nowhere")
    if old.name.startswith("pneumo-demo-") and old.is_dir() and old.stat().st_uid == os.getuid():
        shutil.rmtree(old, ignore_errors=True)
