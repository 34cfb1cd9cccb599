"""Check the chain of events."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.events import broken_links
from cases.models import Event


class Command(BaseCommand):
    """`manage.py verify_events`: exit code 0 when the chain is whole, 1 with the first broken row named."""

    help = "Check the hash chain of all events, and name the first broken row."

    def handle(self, *args: Any, **options: Any) -> None:
        first = next(broken_links(), None)
        if first is not None:
            raise CommandError(f"The chain is broken. {first}. Compare with the last backup.", returncode=1)
        self.stdout.write(f"The chain is whole: {Event.objects.count()} events.")
