"""Check what an operator would, and say what to do."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cases.oversight.doctor import Finding
from cases.oversight.examine import examine

EXAMPLES = """Examples:
  python manage.py doctor
  python manage.py doctor --json
  python manage.py doctor --tensorflow

Exit code: 0 when everything is fine, 1 where something is to be done."""


class Command(BaseCommand):
    """`manage.py doctor [--json] [--tensorflow]`."""

    help = "Check Python, decoders, secrets, disk, database, broker, models, workers and GPU; say what to do."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument(
            "--tensorflow", action="store_true", help="also ask TensorFlow for its GPUs (takes seconds)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine(ask_tensorflow=options["tensorflow"]))
        if options["json"]:
            checks = [finding.to_json() for finding in findings]
            self.stdout.write(json.dumps({"ok": all(finding.fine for finding in findings), "checks": checks}))
        elif self.stdout.isatty():
            Console(no_color=options["no_color"] or None).print(as_table(findings))
        else:
            self.stdout.write("\n".join(as_lines(findings)))
        if not all(finding.fine for finding in findings):
            sys.exit(1)


def as_table(findings: list[Finding]) -> Table:
    """For a terminal."""
    table = Table(_("Check"), "", _("Found"), _("What to do"), box=None, pad_edge=False)
    for finding in findings:
        mark = Text("OK", style="green") if finding.fine else Text(_("FIX"), style="bold red")
        table.add_row(Text(finding.name), mark, Text(finding.found), Text(finding.next_step))
    return table


def as_lines(findings: list[Finding]) -> list[str]:
    """For a log or a pipe: one line each."""
    return [f"OK   {row.name}: {row.found}" if row.fine else _fix(row) for row in findings]


def _fix(finding: Finding) -> str:
    return f"FIX  {finding.name}: {finding.found}. {finding.next_step}"
