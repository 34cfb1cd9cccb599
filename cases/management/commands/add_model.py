"""Register a bundle by its checksums."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.models import ModelVersion
from cases.oversight.activation import activate_from_shell, was_decided
from cases.oversight.options import whole_share
from cases.oversight.services import register_model
from cases.rules import RuleBroken
from cases.wording import rule_sentence
from inference.errors import BundleRejected

EXAMPLES = """Examples:
  python manage.py add_model bundles/pneumonia
  python manage.py add_model bundles/pneumonia --activate --reason "better on our own cases"
  python manage.py add_model bundles/pneumonia --activate --sensitive 0.2 --specific 0.8 --reason "fewer misses"

The bundle proposes its thresholds; the activation decides them and is kept. A version that runs already keeps those it
runs with, unless others are named. Where a version runs under this name, --reason says why that changes.
Exit code: 0, 1 where it could not be done, 2 for wrong use."""
OF_ACTIVATION = ("reason", "sensitive", "specific")


class Command(BaseCommand):
    """`manage.py add_model DIR [--activate --reason TEXT --sensitive P --specific P]`."""

    help = "Register a model bundle by its checksums, and make it the one that runs where that is asked for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("directory", type=Path, help="the bundle directory (model.keras, bundle.json, ...)")
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--activate", action="store_true", help="make it the version that runs under its name")
        when.add_argument(
            "--activate-first",
            action="store_true",
            help="the same, unless a version of this name runs or was stopped: what somebody decided stays",
        )
        parser.add_argument("--reason", default="", help="kept with the activation; needed where a version runs")
        parser.add_argument("--sensitive", type=whole_share, metavar="P", help="below it a picture is called unlikely")
        parser.add_argument("--specific", type=whole_share, metavar="P", help="from it on a picture is called likely")

    def handle(self, *args: Any, directory: Path, activate: bool, activate_first: bool, **options: Any) -> None:
        asked = {name: options[name] for name in OF_ACTIVATION if options[name] not in (None, "")}
        if asked and not (activate or activate_first):
            raise CommandError(f"--{next(iter(asked))} belongs to --activate. Add it, or leave both out.", returncode=2)
        version = registered(directory)
        if activate or (activate_first and not was_decided(version.name)):
            activated(version, asked)
        version.refresh_from_db()
        self.stdout.write(told(version))


def registered(directory: Path) -> ModelVersion:
    """The version of the bundle in this directory."""
    try:
        return register_model(directory=directory, by=None)
    except BundleRejected as error:
        raise CommandError(f"{error} {error.next_step('en')}") from error
    except RuleBroken as error:
        raise CommandError(rule_sentence(error)) from error


def activated(version: ModelVersion, asked: dict[str, Any]) -> None:
    """Make it run, or say what is missing."""
    try:
        activate_from_shell(version=version, **asked)
    except RuleBroken as error:
        said, running = rule_sentence(error), _running(version)
        if error.code == "reason_missing" and running:
            said = f"{running} runs. Say why that changes, in at least three characters: --reason TEXT."
        raise CommandError(f"{said} {version} is registered, nothing else was changed.", returncode=2) from error


def told(version: ModelVersion) -> str:
    """What runs under the name now."""
    short = f"(sha256 {version.sha256[:16]}…)"
    if version.active:
        points = ", ".join(f"{name} {version.running_thresholds[name]}" for name in ("sensitive", "specific"))
        return f"{version} is active {short}: {points}"
    running = _running(version)
    return f"{version} is registered {short}; {f'{running} runs' if running else 'no version of it runs'}"


def _running(version: ModelVersion) -> ModelVersion | None:
    return ModelVersion.objects.filter(name=version.name, active=True).first()
