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

NOT_SCORED = """
What the gate refuses, and what a header says plainly to be no frontal chest X-ray, holds for every model. The scope \
of a model (age, view, modality) is its own: each active version is asked about the pictures in its scope, an \
analysis of another version is *not scored* and its reason stands on the case page beside the version's name \
(`cases/analysis/scopes.py`). A picture is *not scored* as a whole where no active version may judge it. An override \
asks every version that was kept from the picture, those in the shadow as well; a version that has answered is not \
asked again. A case that is *ready* can be overridden while one of its analyses is not scored. An age that is \
corrected later changes what is said beside the answers at once, and which versions are asked with the next run.
"""


def page() -> str:
    """The page docs/states.md."""
    arrows = "".join(
        f"    {source} --> {move.target or 'where_its_pictures_stand'}: {move.name}\n"
        for move in MOVES.values()
        for source in sorted(move.sources)
    )
    return f"{HEAD}{arrows}```\n\n{_table()}{NOT_SCORED}"


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
