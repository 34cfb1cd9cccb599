"""Write signed cases as a data set for the workshop."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.dataset.asked import LEFT_OUT, ON_REQUEST, Asked
from cases.dataset.choosing import Picture
from cases.dataset.folder import FolderRefused
from cases.dataset.services import TEST_SHARE, export_dataset, plan_export, summed_up
from cases.management.commands.import_cases import progress_bars
from cases.models import User

EXAMPLES = """Examples:
  python manage.py export_dataset ~/signed --by dana --dry-run
  python manage.py export_dataset ~/signed --by dana
  python manage.py export_dataset ~/signed --by dana --with uncertain not_diagnostic --since 2026-01-01
  python -m training fit residual ~/signed --split train --out runs/next
  python -m training evaluate runs/next ~/signed --split test

The same command again brings the folder up to date; a patient stays on the side of the split it has.
Exit code: 0, 1 where it could not be done, 2 for wrong use."""


class Command(BaseCommand):
    """`manage.py export_dataset DIR --by USER [--with …] [--dry-run] [--json]`."""

    help = "Write signed cases as a data set that `python -m training` reads: classes by the newest signed reading, "
    help += "pictures without headers, patients as keyed hashes, a split by patient that stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("folder", type=Path, help="a new folder, an empty one, or an earlier export")
        parser.add_argument("--by", required=True, help="user name of the administrator who answers for it")
        parser.add_argument("--with", nargs="+", choices=ON_REQUEST, default=[], dest="extras", help="take these too")
        parser.add_argument("--with-phantoms", action="store_true", help="take drawn phantoms too")
        parser.add_argument("--since", type=day, metavar="YYYY-MM-DD", help="signed on this day or later")
        parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="signed on this day or before")
        parser.add_argument("--seed", type=int, help="of a new split (default: drawn); kept in dataset.json")
        parser.add_argument("--test-share", type=share, help=f"of the patients of each class (default: {TEST_SHARE})")
        parser.add_argument("--dry-run", action="store_true", help="count only: no file, no event, no picture opened")
        parser.add_argument("--json", action="store_true", help="the summary as one JSON object on standard output")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        asked = Asked(frozenset(options["extras"]), options["with_phantoms"], options["since"], options["until"])
        wish = {"root": folder, "asked": asked, "seed": options["seed"], "share": options["test_share"]}
        by = administrator(options["by"])
        try:
            summary = self._planned(wish) if options["dry_run"] else exported(wish, by)
        except FolderRefused as error:
            raise CommandError(str(error), returncode=2) from error
        except OSError as error:
            raise CommandError(f"{folder} can't be written: {error.strerror}. The same command goes on.") from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. A list from before is as it was; the same command goes on.") from None
        self._show(summary, as_json=options["json"], dry=options["dry_run"])

    def _planned(self, wish: dict[str, Any]) -> dict[str, Any]:
        _, pictures, left_out, split = plan_export(**wish)
        return summed_up(pictures, left_out, split) | {"dry_run": True, "folder": str(wish["root"])}

    def _show(self, summary: dict[str, Any], *, as_json: bool, dry: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(summary))
            return
        for side, labels in summary["pictures"].items():
            counts = ", ".join(f"{count} {label}" for label, count in labels.items()) or "no pictures"
            self.stdout.write(f"{side}: {counts} of {summary['patients'][side]} patients")
        for why, count in summary["left_out"].items():
            self.stdout.write(f"left out: {count} {LEFT_OUT[why]}{hint(why)}")
        if summary.get("removed"):
            self.stdout.write(f"removed: {summary['removed']} pictures that are no longer part of it")
        self.stdout.write(summary["burned_in_text"])
        self.stdout.write(f"{'Nothing was written to' if dry else 'Written to'} {summary['folder']}.")


def exported(wish: dict[str, Any], by: User) -> dict[str, Any]:
    """The export, with a bar on a terminal."""
    with progress_bars() as progress:

        def track(pictures: Sequence[Picture]) -> Iterable[Picture]:
            return progress.track(pictures, total=len(pictures), description="Writing pictures")

        return export_dataset(**wish, by=by, track=track)


def hint(why: str) -> str:
    """The option that takes what was left out, where there is one."""
    if why == "phantom":
        return " (--with-phantoms)"
    return f" (--with {why})" if why in ON_REQUEST else ""


def administrator(username: str) -> User:
    """The active administrator of this name."""
    found = User.objects.filter(is_active=True, role="administrator", username=username).first()
    if found is None:
        raise CommandError(f"There is no active administrator {username}. Name one with --by.", returncode=2)
    return found


def day(text: str) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date like 2026-01-31") from None


def share(text: str) -> float:
    """A share of 0 to below 1."""
    number = float(text)
    if not 0 <= number < 1:
        raise ArgumentTypeError(f"{text} is no share from 0 to below 1")
    return number
