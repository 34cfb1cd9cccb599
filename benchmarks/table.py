"""What a benchmark gives back, and how it is shown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable


@dataclass
class Table:
    """A title, columns, rows of numbers or text, and what the figures mean."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[Any]] = field(default_factory=list)
    meaning: str = ""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)

    def show(self, console: Console) -> None:
        """For people."""
        table = RichTable(*self.columns, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row))
        console.print(table)
        if self.meaning:
            console.print(self.meaning, style="dim")


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank, 0 to 1)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)
