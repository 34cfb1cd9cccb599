"""The manage.py commands before a start, in one process: four times Django would take longer than what they do."""

from __future__ import annotations

import sys

import django
from django.core.management import CommandError, call_command

COMMANDS = (
    ("migrate", "--no-input"),
    ("collectstatic", "--no-input"),
    ("demo_users",),
    ("add_model", "inference/bundles/pneumonia", "--activate-first"),
)


def main() -> int:
    """Run them; 1 where one refuses, with its sentence as the last line."""
    django.setup()
    for words in COMMANDS:
        sys.stdout.write(f"{' '.join(words)}\n")
        sys.stdout.flush()
        try:
            call_command(*words)
        except CommandError as error:
            sys.stdout.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
