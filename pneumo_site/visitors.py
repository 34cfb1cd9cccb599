"""Who stands behind a request that Django's middleware never sees."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie
from django.utils.translation import get_language_from_request
from starlette.datastructures import Headers


@dataclass(frozen=True)
class Visitor:
    """A logged-in, active user. An empty role may see nothing."""

    id: int
    role: str
    language: str


def find_visitor(headers: Headers) -> Visitor | None:
    """The user of the session cookie, by Django's own rules (expiry, password change, disabled), or None.

    Reads the database: call it in a thread. No request signal fires here, so it returns the connection itself.
    """
    request = HttpRequest()
    request.COOKIES = parse_cookie(headers.get("cookie", ""))
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get("accept-language", "")
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(
        request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    )
    close_old_connections()
    try:
        user = get_user(request)
        if not (user.is_authenticated and user.is_active):
            return None
        return Visitor(user.pk, getattr(user, "role", ""), get_language_from_request(request)[:2])
    finally:
        close_old_connections()
