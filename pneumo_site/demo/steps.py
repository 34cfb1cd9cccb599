"""The commands that prepare the site before it starts, and fill it once it is up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.family import die_with_parent
from pneumo_site.demo.keys import USERS, Keys, password_name
from pneumo_site.demo.language import REPOSITORY
from pneumo_site.demo.language import gettext as _
from pneumo_site.demo.log import Log
from pneumo_site.demo.terminal import say, show_cursor


@dataclass(frozen=True)
class Commands:
    """Runs Python programs in the environment of the demo."""

    environment: Mapping[str, str]
    log: Log

    def run(self, name: str, words: Sequence[str], secrets: Mapping[str, str]) -> None:
        """One program, its output to the log under `name`; DemoError with the end of it where it fails.

        `secrets` are names for this program's environment only.
        """
        done = subprocess.run(  # noqa: S603
            [sys.executable, *words],
            cwd=REPOSITORY,
            env={**self.environment, **secrets},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=die_with_parent,
        )
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        for line in lines:
            self.log.write(name, line)
        if done.returncode:
            sentence = _("The site could not be prepared. The last that was said:")
            raise DemoError(sentence, _("Mend what it names and start the demo again."), lines[-15:])

    def run_at_terminal(self, words: Sequence[str]) -> int:
        """One program that talks to the person: a progress bar needs the terminal. Returns its exit code."""
        try:
            return subprocess.run(  # noqa: S603
                [sys.executable, *words],
                cwd=REPOSITORY,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                check=False,
                process_group=0,  # Ctrl+C reaches us alone, and we end it without its traceback
                preexec_fn=die_with_parent,
            ).returncode
        except KeyboardInterrupt:
            show_cursor()
            raise


def prepare_site(commands: Commands, keys: Keys) -> None:
    """Database, static files, demo users, the model that comes with the product. Safe to repeat."""
    say(_("Preparing the database and the model …"))
    passwords = {password_name(user): keys.passwords[user] for user in USERS}
    commands.run("prepare", ["-m", "pneumo_site.demo.preparation"], secrets=passwords)


def bring_in(commands: Commands, folder: Path, *options: str) -> None:
    """All X-rays of a folder as cases, waiting until each has its result."""
    say(_("Bringing in the X-rays of {folder} …").format(folder=folder))
    code = commands.run_at_terminal(["manage.py", "import_cases", str(folder), "--wait", *options])
    if code:
        say(_("Not all of them came in; the lines above say why. The demo goes on."))


def draw_pictures(folder: Path) -> Path:
    """The phantoms, as files in `folder`."""
    from cases.intake.phantoms import draw_phantoms  # draws with libraries that a second start does not need

    say(_("Drawing a few phantoms, so that there is something to look at …"))
    draw_phantoms(folder)
    return folder
