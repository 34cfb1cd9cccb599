"""Bring a folder of chest X-rays in as cases."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cases.intake.details import UploadDetails
from cases.intake.folder import Summary, bring_in, files_of, summed_up, unsettled
from cases.models import Upload, User
from cases.storage import DiskFull
from cases.wording import reason_sentence

EXAMPLES = """Examples:
  python manage.py import_cases ~/x-rays --wait
  python manage.py import_cases ~/x-rays --by dana --priority low --json

Repeating an import is safe: a picture that is in a case already is counted, not added again.
Exit code: 0, 1 where files were refused or cases failed, 2 for wrong use."""


class Command(BaseCommand):
    """`manage.py import_cases FOLDER [--wait] [--json]`."""

    help = "Bring a folder of chest X-rays (JPEG, PNG, DICOM) in as cases, through the same door as the upload page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("folder", type=Path, help="a folder; its sub-folders are read too")
        parser.add_argument("--wait", action="store_true", help="wait until every case is ready, not scored or failed")
        parser.add_argument("--json", action="store_true", help="the summary as one JSON object on standard output")
        parser.add_argument("--by", help="user name of the person the uploads belong to (default: an administrator)")
        parser.add_argument("--priority", choices=["urgent", "normal", "low"], default="normal")
        parser.add_argument("--phantoms", action="store_true", help="the pictures are phantoms, not patients")
        parser.add_argument("--timeout", type=int, default=3600, help="seconds to wait at most (default: 3600)")

    def handle(self, *args: Any, folder: Path, wait: bool, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder. Name a folder with X-rays in it.", returncode=2)
        paths = files_of(folder)
        if not paths:
            raise CommandError(f"{folder} holds no files. Name a folder with X-rays in it.", returncode=2)
        began = time.monotonic()
        with progress_bars() as progress:
            uploads = self._upload(progress, paths, options)
            if wait:
                wait_for(progress, [upload.case_id for upload in uploads if upload.case_id], options["timeout"])
        seconds = time.monotonic() - began
        self._show(summed_up(uploads), seconds, waited=wait, as_json=options["json"])

    def _upload(self, progress: Progress, paths: list[Path], options: dict[str, Any]) -> list[Upload]:
        by = owner(options["by"])
        details = UploadDetails(priority=options["priority"])
        kind = "phantom" if options["phantoms"] else "clinical"
        try:
            arrivals = bring_in(paths, by=by, details=details, kind=kind)
            return list(progress.track(arrivals, total=len(paths), description="Bringing in"))
        except DiskFull as error:
            raise CommandError(f"The disk is nearly full: {error}. Free some room and repeat the import.") from error

    def _show(self, summary: Summary, seconds: float, *, waited: bool, as_json: bool) -> None:
        arrived = sum(summary.states.values())
        rate = arrived / seconds if seconds else 0.0
        if as_json:
            self.stdout.write(json.dumps({**summary.to_json(), "seconds": round(seconds, 2), "cases_per_second": rate}))
        else:
            self.stdout.write(
                f"{summary.files} files: {summary.new} new, {summary.known} known, {summary.refused} refused."
            )
            states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in summary.states.most_common())
            self.stdout.write(f"{arrived} cases: {states or 'none'}.")
            for code, count in summary.reasons.most_common():
                self.stdout.write(f"  {count} × {reason_sentence(code)} ({code})")
            if waited:
                self.stdout.write(f"{seconds:.1f} s, {rate:.1f} cases per second.")
        if summary.refused or summary.states.get("failed"):
            sys.exit(1)


def owner(username: str | None) -> User:
    """The user that the uploads belong to."""
    people = User.objects.filter(is_active=True)
    found = people.filter(username=username).first() if username else people.filter(role="administrator").first()
    if found is None or not found.role:
        raise CommandError(
            f"There is no user {username or 'with the role of an administrator'}. Name one with --by.", returncode=2
        )
    return found


def progress_bars() -> Progress:
    """Bars on a terminal, silence elsewhere; never on standard output."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


def wait_for(progress: Progress, case_ids: list[int], timeout: float) -> None:
    """Until every case has settled, or the time is up."""
    waiting = progress.add_task("Reading and scoring", total=len(case_ids))
    end = time.monotonic() + timeout
    while (left := unsettled(case_ids)) and time.monotonic() < end:
        progress.update(waiting, completed=len(case_ids) - len(left))
        time.sleep(0.25)
    progress.update(waiting, completed=len(case_ids) - len(left))
