"""The signing session: the password opens it for some minutes; each case then takes one confirmation."""

from __future__ import annotations

import time

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest

from cases import events
from cases.models import Site, User

SESSION_KEY = "signing_until"


def open_session(request: HttpRequest, password: str) -> bool:
    """Check the password (axes counts wrong ones) and open the session; False where it is wrong."""
    user = request.user
    if not isinstance(user, User):
        return False
    if authenticate(request, username=user.username, password=password) != user:
        return False
    request.session[SESSION_KEY] = time.time() + Site.current().signing_minutes * 60
    with transaction.atomic():
        events.record("signing_opened", by=user, stream=f"user:{user.pk}")
    return True


def seconds_left(request: HttpRequest) -> int:
    """Seconds until the signing session ends; 0 when none is open."""
    return max(0, int(request.session.get(SESSION_KEY, 0) - time.time()))


def close_session(request: HttpRequest) -> None:
    """End it at once."""
    request.session.pop(SESSION_KEY, None)
