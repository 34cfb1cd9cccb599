"""What a reader does, in one line each, for the tests of this wing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from cases.models import Case, Report, User
from cases.reading import services
from tests.making import PASSWORD


def sign_case(case: Case, by: User, verdict: str = "normal", comment: str = "") -> Report:
    """Claim and sign by the services."""
    case = services.claim(case=case, by=by)
    return services.sign(case=case, by=by, verdict=verdict, comment=comment, version=case.version)


def sign_form(case: Case, **values: Any) -> dict[str, Any]:
    """What the read-back posts."""
    case.refresh_from_db()
    usual = {"verdict": "normal", "comment": "", "version": case.version, "step": "report", "password": PASSWORD}
    return {**usual, **values}


def at_once(acts: Sequence[Callable[[], Any]], seconds: float = 60) -> list[Any]:
    """Run all at the same time, each in a thread with a connection of its own; what each returned or raised."""
    start, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(60)
            found[place] = act()
        except Exception as error:  # noqa: BLE001 it is the answer
            found[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return found
