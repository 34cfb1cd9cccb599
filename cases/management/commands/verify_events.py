"""Check the chain of events, and what its signatures have sealed."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.events import broken_links
from cases.models import Event
from cases.reports.seals import broken_seals


class Command(BaseCommand):
    """`manage.py verify_events`: exit code 0 when all is as it was sealed, 1 with the first broken row named."""

    help = "Check the hash chain of all events, and every signed report with the rows it stands on; name the first "
    help += "broken row."

    def handle(self, *args: Any, **options: Any) -> None:
        first = next(chain(broken_links(), broken_seals()), None)
        if first is not None:
            raise CommandError(f"The chain is broken. {first}. Compare with the last backup.", returncode=1)
        self.stdout.write(f"The chain is whole: {Event.objects.count()} events.")
