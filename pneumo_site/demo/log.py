"""One readable log: what every program prints, each line with the time and the program's name.

supervisord writes each program's output to a named pipe, a thread here reads them all. (One file for all, written by
supervisord, would mix halves of lines; a file for each would have to be read side by side.)
"""

from __future__ import annotations

import logging
import os
import re
import selectors
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from pneumo_site.demo.folder import Folder
from pneumo_site.demo.programs import pipe_path

FILE_BYTES, OLD_FILES = 10_000_000, 5
KEPT_LINES = 15  # of each program, to show when it fails
# Times that programs write themselves: Django and supervisord, Celery, Redis.
OWN_TIME = re.compile(
    r"^(\d{4}-\d\d-\d\d[ T][\d:.,]+ |\[\d{4}-\d\d-\d\d [\d:.,]+: "
    r"|\d+:[MCSX] \d+ \w+ \d+ [\d:.]+ |\d+:signal-handler \(\d+\) )"
)


class QuietFile(RotatingFileHandler):
    """The log file; where it can't be written (a full disk), the programs go on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the name is logging's)
        del record


class Log:
    """Open from `with` to its end; `listener(program, line)` hears every line."""

    def __init__(self, folder: Folder, programs: Sequence[str], listener: Callable[[str, str], None]) -> None:
        self._listener = listener
        self._recent: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT_LINES))
        self._halves: defaultdict[str, bytes] = defaultdict(bytes)
        self._file = open_file(folder.log)
        self._closing = threading.Event()
        self._pipes = selectors.DefaultSelector()
        for program in programs:
            self._pipes.register(open_pipe(pipe_path(folder, program)), selectors.EVENT_READ, program)
        self._thread = threading.Thread(target=self._listen, name="log", daemon=True)

    def __enter__(self) -> Log:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(5)
        self._file.close()

    def write(self, program: str, line: str) -> None:
        """One line, without its end."""
        line = OWN_TIME.sub("", line.rstrip())
        if line:
            self._recent[program].append(line)
            self._file.handle(logging.makeLogRecord({"msg": line, "program": program}))
            self._listener(program, line)

    def last_lines(self, program: str) -> list[str]:
        """The end of what `program` printed, oldest first."""
        return list(self._recent[program])

    def _listen(self) -> None:
        while not self._closing.is_set():
            self._read_ready(0.2)
        self._read_ready(0)

    def _read_ready(self, wait_s: float) -> None:
        for key, _events in self._pipes.select(wait_s):
            self._take(str(key.data), os.read(key.fd, 65536))

    def _take(self, program: str, chunk: bytes) -> None:
        *lines, self._halves[program] = (self._halves[program] + chunk).split(b"\n")
        for line in lines:
            self.write(program, line.decode("utf-8", "replace"))


def open_file(path: Path) -> QuietFile:
    """The log file, for its owner's eyes; older ones beside it with a number."""
    file = QuietFile(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(program)-10s %(message)s"))
    return file


def open_pipe(path: Path) -> int:
    """A named pipe, open for both directions: so it never ends, whoever comes and goes at its other end."""
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)
