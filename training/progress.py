"""Progress on the terminal: rate and time left, on standard error, so that standard output stays for results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.text import Text

Item = TypeVar("Item")


class RateColumn(ProgressColumn):
    """Steps per second."""

    def render(self, task: Task) -> Text:
        """The rate of the last half minute."""
        return Text(f"{task.speed or 0:.1f}/s", style="progress.data.speed")


class Steps:
    """A bar that somebody else moves on."""

    def __init__(self, console: Console, total: int, what: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), RateColumn())
        self.bars = Bars(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)
        self.task = self.bars.add_task(what, total=total)
        self.bars.start()

    def advance(self) -> None:
        """One step more."""
        self.bars.advance(self.task)

    def close(self) -> None:
        """Take the bar off the terminal."""
        self.bars.stop()


class Progress:
    """Bars on a terminal, plain lines into a file; silent where asked."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet)

    def steps(self, total: int, what: str) -> Steps:
        """A bar of `total` steps; close it."""
        return Steps(self.console, total, what)

    def track(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        """Pass the items on, one step each."""
        steps = self.steps(total, what)
        try:
            for item in items:
                yield item
                steps.advance()
        finally:
            steps.close()

    def say(self, text: str) -> None:
        """One plain line."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)
