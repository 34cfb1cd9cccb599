"""How often a row may be tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from cases import pulse
from cases.models import Analysis, HeatMap, Radiograph
from cases.writes import update_row

DATABASE_AWAY = (OperationalError, InterfaceError)
"""Nothing can be recorded while these are raised: the lease ends, the sweeper rings again."""

Row = Radiograph | Analysis | HeatMap
"""What workers take, each with attempts, strikes and a lease."""


def every(model: type[Row]) -> QuerySet[Any]:
    """All rows of a kind, those in the shadow too: a worker works on both."""
    return model._base_manager.all()


def take(row: Row, state: str) -> bool:
    """Compare and set: one more attempt at a row that waits, or that is in `state` with its lease run out."""
    now = timezone.now()
    run_out = row.state == state and row.lease_until is not None and row.lease_until < now
    if not (run_out or row.state == "waiting") or not _has_tries_left(row):
        return False
    taken = {
        "state": state,
        "attempts": row.attempts + 1,
        "worker": pulse.this_worker(),
        "lease_until": now + timedelta(seconds=settings.LEASE_SECONDS),
    }
    if not write_if_mine(row, row.state, taken):
        return False
    for name, value in taken.items():
        setattr(row, name, value)
    return True


def _has_tries_left(row: Row) -> bool:
    return row.strikes < settings.MAX_STRIKES and row.attempts < settings.MAX_ATTEMPTS


def still_mine(row: Row, state: str) -> bool:
    """Whether the row is in this state and nobody has taken it since; it is locked until the transaction ends."""
    mine = every(type(row)).filter(pk=row.pk, state=state, attempts=row.attempts)
    return bool(mine.select_for_update().exists())


def write_if_mine(row: Row, state: str, values: Mapping[str, Any]) -> bool:
    """Write these values, if the row is in this state and nobody has taken it since; whether they were written."""
    return update_row(type(row), row.pk, values, state=state, attempts=row.attempts)


def tries_left(row: Row) -> bool:
    """Whether a row that ended once more may be tried again.

    A strike is an attempt that ended although its worker lived on: the input is the suspect. An attempt that ended with
    its worker is not held against the input, but there is an end to these too.
    """
    return row.strikes + 1 < settings.MAX_STRIKES and row.attempts < settings.MAX_ATTEMPTS
