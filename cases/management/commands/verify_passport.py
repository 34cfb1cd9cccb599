"""Check a passport against the database and the stored files."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.reports.checking import BROKEN, HOLDS, UNKNOWN, Line, NotAPassport, check_file, check_pixels

EXAMPLES = """Examples:
  python manage.py verify_passport C-000012-v1.passport.json
  python manage.py verify_passport C-000012-v1.passport.json --json
  cat C-000012-v1.passport.json | python manage.py verify_passport -

A passport is downloaded from the page of a signed report. It is compared with the rows, the chain of events and the
files of this installation; EVENT_KEY must be the one that sealed them.
Exit code: 0 everything holds, 1 something does not, 2 the file is no passport of a case that is here,
3 nothing is wrong, and something could not be checked (a file or bundle that is no longer stored)."""
MARKS = {HOLDS: "ok      ", BROKEN: "CHANGED ", UNKNOWN: "unknown "}


class Command(BaseCommand):
    """`manage.py verify_passport FILE [--pixels] [--json]`."""

    help = "Check a case's passport against the database and the stored files, and say line by line what holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("file", help="the passport; - reads standard input")
        parser.add_argument("--pixels", action="store_true", help="also decode the uploaded pictures anew")
        parser.add_argument("--json", action="store_true", help="the lines as one JSON object on standard output")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        text = self._text(file)
        try:
            lines = list(check_file(text))
        except NotAPassport as error:
            raise CommandError(str(error), returncode=2) from error
        if options["pixels"]:
            lines += check_pixels(json.loads(text)["passport"])
        verdict = worst(lines)
        self.stdout.write(as_json(lines, verdict) if options["json"] else as_text(lines, verdict))
        if verdict != HOLDS:
            raise SystemExit({BROKEN: 1, UNKNOWN: 3}[verdict])

    def _text(self, file: str) -> str:
        try:
            return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} can't be read ({error}).", returncode=2) from error


def worst(lines: list[Line]) -> str:
    """BROKEN before UNKNOWN before HOLDS."""
    found = {line.verdict for line in lines}
    return next((verdict for verdict in (BROKEN, UNKNOWN) if verdict in found), HOLDS)


def as_json(lines: list[Line], verdict: str) -> str:
    """For programs."""
    return json.dumps({"verdict": verdict, "lines": [asdict(line) for line in lines]}, indent=1, ensure_ascii=False)


def as_text(lines: list[Line], verdict: str) -> str:
    """For people: a line each, the sum last."""
    said = [f"{MARKS[line.verdict]}{line.what}{f': {line.why}' if line.why else ''}" for line in lines]
    counts = [f"{sum(line.verdict == kind for line in lines)} {kind}" for kind in (HOLDS, BROKEN, UNKNOWN)]
    return "\n".join([*said, "", f"The passport {verdict}: {', '.join(counts)}."])
