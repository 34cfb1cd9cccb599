"""Score old cases by another model version."""

from __future__ import annotations

import json
import signal
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import pulse
from cases.management.commands.import_cases import progress_bars
from cases.models import ModelVersion, Radiograph
from cases.oversight.backfill import (
    Done,
    Wish,
    backfill,
    failed_before,
    note_backfill,
    pictures_without,
    summed_up,
)
from cases.oversight.options import at_least_one, day, whole_share

EXAMPLES = """Examples:
  python manage.py backfill --model pneumonia@1.1 --dry-run
  python manage.py backfill --model pneumonia@1.1 --since 2026-01-01 --share 0.2
  python manage.py backfill --model covid19@0.1 --limit 1000 --json

Nothing that a reader sees changes: the answers are compared on the page of models side by side. Ctrl+C stops; the same
command goes on, and no picture is scored twice. Pictures whose last try failed are asked for once more by every run of
the command. It waits while anything else is to be read or scored.
Exit code: 0, 1 where it was stopped or no inference worker is alive, 2 for wrong use."""


class Command(BaseCommand):
    """`manage.py backfill --model NAME@VERSION [--since --until --limit --share --dry-run --json]`."""

    help = "Score old cases by another model version, in the shadow and behind all other work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--model", required=True, metavar="NAME@VERSION", help="a registered model version")
        parser.add_argument("--since", type=day, metavar="YYYY-MM-DD", help="cases that came on this day or later")
        parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="cases that came on this day or before")
        parser.add_argument("--limit", type=at_least_one, help="score at most so many pictures, from 1 on")
        parser.add_argument("--share", type=whole_share, default=1.0, help="of the cases, 0 to 1, always the same ones")
        parser.add_argument("--dry-run", action="store_true", help="count only: nothing is asked for")
        parser.add_argument("--json", action="store_true", help="the summary as one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        version = registered(options["model"])
        wish = Wish(options["since"], options["until"], options["limit"], options["share"])
        radiographs = list(pictures_without(version, wish))
        again = failed_before(version, radiographs)
        if options["dry_run"]:
            self._show(summed_up(version, len(radiographs), again, Done(), 0.0), as_json=options["json"], dry=True)
            return
        if not pulse.alive("infer"):
            raise CommandError("No inference worker gives a sign of life. Start one, then give the command again.")
        note_backfill(version=version, wish=wish, by=None)
        self._show(scored(version, radiographs, again), as_json=options["json"], dry=False)

    def _show(self, summary: dict[str, Any], *, as_json: bool, dry: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**summary, "dry_run": dry}))
        elif dry:
            would = f"{summary['pictures']} pictures would be scored"
            self.stdout.write(f"{summary['model']}: {would}{_told_again(summary)}.")
        else:
            counts = f"{summary['scored']} scored, {summary['failed']} failed in {summary['seconds']:.1f} s"
            self.stdout.write(f"{summary['model']}: {counts}{_told_again(summary)}.")


def _told_again(summary: dict[str, Any]) -> str:
    return f" ({summary['again']} of them once more: their last try had failed)" if summary["again"] else ""


def scored(version: ModelVersion, radiographs: list[Radiograph], again: int) -> dict[str, Any]:
    """The backfill, with a bar on a terminal."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a supervisor stops it as a person does
    began, last = time.monotonic(), Done()
    with progress_bars() as progress:
        bar = progress.add_task("Scoring old cases", total=len(radiographs))

        def tell(done: Done) -> None:
            nonlocal last
            last = done
            progress.update(bar, completed=done.finished)

        try:
            done = backfill(version, radiographs, tell)
        except KeyboardInterrupt:
            said = f"Stopped after {last.finished} of {len(radiographs)} pictures. The same command goes on."
            raise CommandError(said) from None
    return summed_up(version, len(radiographs), again, done, time.monotonic() - began)


def registered(text: str) -> ModelVersion:
    """The version that NAME@VERSION names."""
    name, _, number = text.partition("@")
    found = ModelVersion.objects.filter(name=name, version=number).first()
    if found is None:
        known = ", ".join(f"{row.name}@{row.version}" for row in ModelVersion.objects.order_by("name", "version"))
        raise CommandError(f"{text} is not registered. Registered: {known or 'none'}.", returncode=2)
    return found
