"""The pages in the header, in order, and the roles that see them. Hiding a link protects nothing: the views do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.rules import Role

STAFF = frozenset({Role.RADIOGRAPHER, Role.RADIOLOGIST, Role.ADMINISTRATOR})


@dataclass(frozen=True)
class NavItem:
    """One link of the header."""

    label: str | Promise
    url: str
    current: bool


# label, URL name (or a path, for what Django does not serve), roles
PAGES = (
    (_("Worklist"), "worklist", STAFF),
    (_("Upload"), "upload", frozenset({Role.RADIOGRAPHER, Role.ADMINISTRATOR})),
    (_("My uploads"), "my_uploads", frozenset({Role.RADIOGRAPHER, Role.ADMINISTRATOR})),
    (_("Try a picture"), "/try/", STAFF),
    (_("Models"), "models", STAFF),
    (_("My figures"), "my_figures", frozenset({Role.RADIOLOGIST})),
    (_("Agreement"), "reader_pairs", frozenset({Role.ADMINISTRATOR})),
    (_("Status"), "status", frozenset({Role.ADMINISTRATOR})),
    (_("Admin"), "admin:index", frozenset({Role.ADMINISTRATOR})),
)


def navigation_for(user: Any, path: str) -> list[NavItem]:
    """The header's links for this person; nobody and people without a role get none."""
    role = getattr(user, "role", "") if user.is_authenticated else ""
    found = [(label, _address(name)) for label, name, roles in PAGES if role in roles]
    return [NavItem(label, url, current=_is_current(url, path)) for label, url in found if url]


def _address(name: str) -> str:
    """The URL of a page, "" where this installation does not have it."""
    if name.startswith("/"):
        return name
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _is_current(url: str, path: str) -> bool:
    return path == url
