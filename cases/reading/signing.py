"""The signing session: the password opens it for some minutes; each case then takes one confirmation."""

from __future__ import annotations

import time

from axes.utils import reset
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from cases import events, rules
from cases.models import Site, User

SESSION_KEY = "signing_until"


def open_session(request: HttpRequest, password: str) -> None:
    """Check the password and open the session; wrong ones count towards the lock, as at the log-in.

    Raises:
        RuleBroken: `password_missing`, `password_wrong`, or `password_locked` after too many wrong ones.
    """
    user = request.user
    if not password or not isinstance(user, User):
        raise rules.RuleBroken("password_missing")
    bare = _without_form(request)
    if authenticate(bare, username=user.username, password=password) != user:
        locked = getattr(bare, "axes_locked_out", False)
        raise rules.RuleBroken("password_locked" if locked else "password_wrong")
    reset(ip=getattr(bare, "axes_ip_address", None), username=user.username)
    request.session[SESSION_KEY] = time.time() + Site.current().signing_minutes * 60
    with transaction.atomic():
        events.record("signing_opened", by=user, stream=f"user:{user.pk}")


def _without_form(request: HttpRequest) -> HttpRequest:
    """The same visitor without the form: a wrong password keeps the posted values, and these are about a patient."""
    bare = HttpRequest()
    bare.META, bare.method, bare.path = request.META, request.method, "/signing/"
    return bare


def seconds_left(request: HttpRequest) -> int:
    """Seconds until the signing session ends; 0 when none is open."""
    return max(0, int(request.session.get(SESSION_KEY, 0) - time.time()))


def close_session(request: HttpRequest) -> None:
    """End it at once."""
    request.session.pop(SESSION_KEY, None)
