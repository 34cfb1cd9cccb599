"""Register a bundle by its checksums."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.oversight.services import activate_model, register_model
from cases.rules import RuleBroken
from cases.wording import rule_sentence
from inference.errors import BundleRejected


class Command(BaseCommand):
    """`manage.py add_model DIR [--activate --reason TEXT]`."""

    help = (
        "Register a model bundle by its checksums.\n\nExample: python manage.py add_model runs/pneumonia-1.1 --activate"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument("directory", type=Path, help="the bundle directory (model.keras, bundle.json, ...)")
        parser.add_argument("--activate", action="store_true", help="make it the version that runs under its name")
        parser.add_argument("--reason", default="activated on the command line", help="kept with the activation")

    def handle(self, *args: Any, directory: Path, activate: bool, reason: str, **options: Any) -> None:
        try:
            version = register_model(directory=directory, by=None)
            if activate and not version.active:
                activate_model(version=version, by=None, reason=reason)
                version.refresh_from_db()
        except BundleRejected as error:
            raise CommandError(f"{error} {error.next_step('en')}") from error
        except RuleBroken as error:
            raise CommandError(rule_sentence(error)) from error
        state = "active" if version.active else "registered"
        self.stdout.write(f"{version} is {state} (sha256 {version.sha256[:16]}…)")
