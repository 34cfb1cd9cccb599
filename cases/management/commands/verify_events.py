"""Check the chain of events, and what its signatures have sealed."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from cases.events import broken_links
from cases.models import Event
from cases.reports.seals import broken_seals


class Command(BaseCommand):
    """`manage.py verify_events`: exit code 0 when all is as it was sealed, 1 with the first broken row named."""

    help = "Check the hash chain of all events, and every signed report, opinion, answer and case with what was sealed "
    help += "of it; name the first broken row."

    def handle(self, *args: Any, **options: Any) -> None:
        with at_one_moment(), closing(everything_broken()) as sentences:
            first = next(sentences, None)
            count = Event.objects.count()
        if first is not None:
            raise CommandError(f"The chain is broken. {first}. Compare with the last backup.", returncode=1)
        self.stdout.write(f"The chain is whole: {count} events.")


def everything_broken() -> Generator[str]:
    """A sentence for each."""
    yield from broken_links()
    yield from broken_seals()


@contextmanager
def at_one_moment() -> Iterator[None]:
    """All that is read inside is of one moment, whatever is written meanwhile; nobody waits for it.

    Django's own transactions can't: on SQLite they keep writers out, on PostgreSQL each statement sees its own moment.
    """
    if connection.in_atomic_block:
        yield
        return
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgres else "BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
