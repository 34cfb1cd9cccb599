"""Draw the states of a case from the table of moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from cases.rules import MOVES, Role, State

HEAD = """# The states of a case

Drawn from `cases/rules.py` by `python manage.py draw_states`; a test compares the two. Do not edit by hand.

```mermaid
stateDiagram-v2
    [*] --> received
"""


def page() -> str:
    """The page docs/states.md."""
    arrows = "".join(
        f"    {source} --> {move.target or 'where_its_pictures_stand'}: {move.name}\n"
        for move in MOVES.values()
        for source in sorted(move.sources)
    )
    return f"{HEAD}{arrows}```\n\n{_table()}"


def _table() -> str:
    rows = "".join(
        f"| {move.name} | {', '.join(sorted(move.sources))} | {move.target or 'where its pictures stand'} "
        f"| {', '.join(_people(role) for role in sorted(move.roles))} | {move.event} |\n"
        for move in MOVES.values()
    )
    states = ", ".join(State)
    return f"States: {states}.\n\n| move | from | to | who | event |\n| --- | --- | --- | --- | --- |\n{rows}"


def _people(role: str) -> str:
    return "the workers" if role == Role.SYSTEM else role


class Command(BaseCommand):
    """`manage.py draw_states`."""

    help = "Write docs/states.md from the table of moves in cases/rules.py."

    def handle(self, *args: Any, **options: Any) -> None:
        Path(settings.BASE_DIR, "docs", "states.md").write_text(page(), encoding="utf-8")
        self.stdout.write("docs/states.md is drawn anew")
