"""What stops the demo: a sentence, and a way out."""

from __future__ import annotations

from collections.abc import Sequence


class DemoError(Exception):
    """The demo can't go on.

    Attributes:
        sentence: what happened and what was expected.
        way_out: what to do next.
        log_end: the last lines of the program that failed, oldest first.
    """

    def __init__(self, sentence: str, way_out: str, log_end: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.way_out = way_out
        self.log_end = tuple(log_end)

    def __str__(self) -> str:
        return "\n".join([self.sentence, *(f"    {line}" for line in self.log_end), self.way_out])
