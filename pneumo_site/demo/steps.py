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

BUNDLE = "inference/bundles/pneumonia"


@dataclass(frozen=True)
class Manage:
    """Runs `manage.py` commands in the environment of the demo."""

    environment: Mapping[str, str]
    log: Log

    def run(self, *words: str, secrets: Mapping[str, str] | None = None) -> None:
        """One command, its output to the log; DemoError with the end of it where it fails.

        `secrets` are names for this command's environment only.
        """
        done = subprocess.run(  # noqa: S603
            self._command(words),
            cwd=REPOSITORY,
            env={**self.environment, **(secrets or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            preexec_fn=die_with_parent,
        )
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        for line in lines:
            self.log.write(words[0], line)
        if done.returncode:
            sentence = _("The command manage.py {name} failed. The last it said:").format(name=words[0])
            raise DemoError(sentence, _("Mend what it names and start the demo again."), lines[-15:])

    def run_at_terminal(self, *words: str) -> int:
        """One command that talks to the person: a progress bar needs the terminal. Returns its exit code."""
        try:
            return subprocess.run(  # noqa: S603
                self._command(words),
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

    @staticmethod
    def _command(words: Sequence[str]) -> list[str]:
        return [sys.executable, "manage.py", *words]


def prepare_site(manage: Manage, keys: Keys) -> None:
    """Database, static files, the model that comes with the product, the demo users. Safe to repeat."""
    say(_("Preparing the database …"))
    manage.run("migrate", "--no-input")
    manage.run("collectstatic", "--no-input")
    manage.run("demo_users", secrets={password_name(user): keys.passwords[user] for user in USERS})
    say(_("Checking the model …"))
    manage.run("add_model", BUNDLE, "--activate")


def bring_in(manage: Manage, folder: Path, *options: str) -> None:
    """All X-rays of a folder as cases, waiting until each has its result."""
    say(_("Bringing in the X-rays of {folder} …").format(folder=folder))
    code = manage.run_at_terminal("import_cases", str(folder), "--wait", *options)
    if code:
        say(_("Not all of them came in; the lines above say why. The demo goes on."))


def draw_pictures(folder: Path) -> Path:
    """The phantoms, as files in `folder`."""
    from cases.intake.phantoms import draw_phantoms  # draws with libraries that a second start does not need

    say(_("Drawing a few phantoms, so that there is something to look at …"))
    draw_phantoms(folder)
    return folder
