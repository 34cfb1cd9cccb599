"""The cases that a reader skipped: kept in the session, so that "next" does not hand them back at once."""

from __future__ import annotations

from django.http import HttpRequest

SESSION_KEY = "skipped_cases"
MOST = 200


def ids(request: HttpRequest) -> list[int]:
    """The ids, oldest first."""
    return list(request.session.get(SESSION_KEY, []))


def add(request: HttpRequest, case_id: int) -> None:
    """Remember one."""
    request.session[SESSION_KEY] = [*(pk for pk in ids(request) if pk != case_id), case_id][-MOST:]


def forget(request: HttpRequest) -> bool:
    """Begin anew; True where there were any."""
    return bool(request.session.pop(SESSION_KEY, []))
