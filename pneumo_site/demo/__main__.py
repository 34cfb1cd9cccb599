"""The walk of `make demo`: check, prepare, start, wait, tell, fill, watch, stop."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pneumo_site.demo.checks import HOST, check_disk, check_images, check_port, check_python, current_version
from pneumo_site.demo.environment import build_environment
from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.family import die_with_parent, end_relatives
from pneumo_site.demo.folder import Folder, open_folder
from pneumo_site.demo.keys import Keys, keep_keys
from pneumo_site.demo.language import REPOSITORY
from pneumo_site.demo.language import gettext as _
from pneumo_site.demo.log import Log
from pneumo_site.demo.programs import list_programs, write_supervisor_settings
from pneumo_site.demo.ready import wait_until_ready
from pneumo_site.demo.steps import Commands, bring_in, draw_pictures, prepare_site
from pneumo_site.demo.supervision import Interrupts, Supervisor
from pneumo_site.demo.terminal import News, say


@dataclass(frozen=True)
class Wishes:
    """What was asked for on the command line."""

    images: Path | None
    port: int
    data: Path

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"


def read_wishes(words: Sequence[str] | None) -> Wishes:
    """The command line as values; wrong use ends with a sentence and exit code 2."""
    reader = argparse.ArgumentParser(
        prog="python -m pneumo_site.demo", description=_("Run everything on this machine.")
    )
    reader.add_argument("--images", type=Path, help=_("a folder of X-rays to bring in as cases"))
    reader.add_argument("--port", type=int, default=8000, help=_("the port of the address (default: 8000)"))
    reader.add_argument("--data", type=Path, default=REPOSITORY / "var", help=_("the data folder (default: var)"))
    found = reader.parse_args(words)
    if not 0 < found.port < 65536:
        reader.error(_("a port is a number from 1 to 65535"))
    return Wishes(found.images.expanduser().resolve() if found.images else None, found.port, found.data)


def main(words: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 after Ctrl+C once programs ran, 130 after an earlier one, 1 where it could not go on."""
    wishes = read_wishes(words)
    os.umask(0o077)
    if "MAKELEVEL" in os.environ:
        die_with_parent()  # make killed is make demo killed
    with Interrupts() as stop:
        try:
            check_before(wishes)
            with open_folder(wishes.data, wishes.address) as folder:
                return run(wishes, folder, stop)
        except DemoError as error:
            say(f"\n{error}")
            return 1
        except KeyboardInterrupt:
            return 130


def check_before(wishes: Wishes) -> None:
    """What can be known before anything is written."""
    check_python(current_version(), os.environ.get("REDIS_URL", ""))
    if wishes.images:
        check_images(wishes.images)


def run(wishes: Wishes, folder: Folder, stop: Interrupts) -> int:
    """All of it, in a data folder that is ours."""
    if end_relatives(folder.data, grace_s=15):
        say(_("An earlier demo was killed and left processes behind; they have been ended."))
    check_port(wishes.port)
    check_disk(folder.data)
    keys = keep_keys(folder)
    try:
        return run_programs(wishes, folder, keys, stop)
    finally:
        end_relatives(folder.data, grace_s=2)


def run_programs(wishes: Wishes, folder: Folder, keys: Keys, stop: Interrupts) -> int:
    """Start them, fill the site, watch until Ctrl+C."""
    began = time.monotonic()
    environment = build_environment(os.environ, folder, keys)
    programs = list_programs(folder, wishes.port, with_redis=not os.environ.get("REDIS_URL"))
    write_supervisor_settings(folder, programs)
    news = News()
    names = ["supervisor", *(program.name for program in programs)]
    with Log(folder, names, news.read) as log:
        commands = Commands(environment, log)
        prepare_site(commands, keys)
        say(_("Starting the programs …"))
        try:
            with Supervisor(folder, environment, log, news, stop) as supervisor:
                wait_until_ready(supervisor, folder, wishes.port)
                introduce(wishes, folder, keys, time.monotonic() - began)
                fill(wishes, folder, commands)
                supervisor.watch()
        except KeyboardInterrupt:
            say(_("Stopped. The data stay in {folder}").format(folder=folder.data))
    return 0


def introduce(wishes: Wishes, folder: Folder, keys: Keys, seconds: float) -> None:
    """The address, who may log in, where things are."""
    say(_("\nReady after {seconds:.0f} seconds: {address}\n").format(seconds=seconds, address=wishes.address))
    for user, password in keys.passwords.items():
        say(f"    {user:<15} {password}")
    say(_("\nThe passwords are kept in {file} (only you can read it).").format(file=folder.keys))
    say(_("The log of all programs is {file}").format(file=folder.log))
    say(_("Not for patients: this is a demo. Ctrl+C stops it; the data stay.\n"))


def fill(wishes: Wishes, folder: Folder, commands: Commands) -> None:
    """Bring in the folder that was named or, at a first start without one, the phantoms."""
    if wishes.images:
        bring_in(commands, wishes.images)
    elif not folder.filled.exists():
        bring_in(commands, draw_pictures(folder.phantoms), "--phantoms")
    folder.filled.touch()
    say(_("\nThe demo is running: {address}").format(address=wishes.address))


if __name__ == "__main__":
    sys.exit(main())
