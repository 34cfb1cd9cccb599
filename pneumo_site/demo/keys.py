"""Secrets and passwords: made at the first start, kept in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.language import gettext as _

USERS = ("radiographer", "radiologist", "administrator")
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


@dataclass(frozen=True)
class Keys:
    """`secret_key` signs sessions, `event_key` chains the events, `passwords` by user name."""

    secret_key: str
    event_key: str
    passwords: Mapping[str, str]


def keep_keys(folder: Folder) -> Keys:
    """The keys of this data folder; made where there is none yet.

    Raises:
        DemoError: there is a database but its keys are gone; with new ones its chain of events would look forged.
    """
    if folder.database.exists() and not folder.keys.exists():
        sentence = _("{file} is missing, but the database that was made with it is there.")
        way_out = _("Put the file back from your backup, or start with another folder: make demo DATA=folder")
        raise DemoError(sentence.format(file=folder.keys), way_out)
    if not folder.keys.exists():
        write_keys(folder.keys, make_keys())
    folder.keys.chmod(0o600)
    return read_keys(folder.keys)


def make_keys() -> dict[str, str]:
    """New values, by their name in the file."""
    made = {"SECRET_KEY": secrets.token_urlsafe(50), "EVENT_KEY": secrets.token_urlsafe(50)}
    return made | {password_name(user): make_password() for user in USERS}


def make_password() -> str:
    """Four groups of four letters: 79 bits, easy to type."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def password_name(user: str) -> str:
    """The name of a user's password in the file and in the environment of `manage.py demo_users`."""
    return f"DEMO_PASSWORD_{user.upper()}"


def write_keys(path: Path, values: Mapping[str, str]) -> None:
    """All or nothing: a file that is there is complete."""
    half = path.with_suffix(".part")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def read_keys(path: Path) -> Keys:
    """The keys in `path`; DemoError names the one that is missing."""
    lines = [line.partition("=") for line in path.read_text(encoding="utf-8").splitlines()]
    values = {name.strip(): value.strip() for name, _equals, value in lines}
    for name in ("SECRET_KEY", "EVENT_KEY", *map(password_name, USERS)):
        if not values.get(name):
            sentence = _("{file} has no {name}.").format(file=path, name=name)
            raise DemoError(sentence, _("Put the line back from your backup, or start with another folder."))
    return Keys(values["SECRET_KEY"], values["EVENT_KEY"], {user: values[password_name(user)] for user in USERS})
