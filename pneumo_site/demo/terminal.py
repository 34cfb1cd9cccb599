"""What the person at the terminal sees: few lines, only what matters."""

from __future__ import annotations

import re
import sys
from collections import Counter

from pneumo_site.demo.language import gettext as _

FALL = re.compile(r"exited: (\w+) \((.+); not expected\)")
SURRENDER = re.compile(r"gave up: (\w+) entered FATAL state")
SERIOUS = re.compile(r"\[?(ERROR|CRITICAL)\b")


def say(sentence: str) -> None:
    """Print at once; a terminal that has gone away is no reason to stop half way."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(f"{sentence}\n")
        sys.stdout.flush()
    except OSError:
        sys.stdout = None  # else the interpreter fails at its last flush


def show_cursor() -> None:
    """A progress bar that was ended half way has hidden it."""
    if sys.stdout and sys.stdout.isatty():
        say("\x1b[?25h")


class News:
    """Reads along in the log: tells the terminal what matters, remembers which programs fell.

    Attributes:
        falls: how often each program ended by itself.
        given_up: the programs that supervisord no longer starts.
    """

    def __init__(self) -> None:
        self.falls: Counter[str] = Counter()
        self.given_up: set[str] = set()

    def read(self, program: str, line: str) -> None:
        """Take in one line of `program`."""
        if program == "supervisor":
            self.read_supervisor(line)
        elif SERIOUS.match(line):
            say(f"  {program}: {line[:200]}")

    def read_supervisor(self, line: str) -> None:
        """Take in one line of supervisord."""
        if fall := FALL.search(line):
            self.falls[fall[1]] += 1
            say(_("  {program} ended ({how}) and is started again.").format(program=fall[1], how=fall[2]))
        elif surrender := SURRENDER.search(line):
            self.given_up.add(surrender[1])
