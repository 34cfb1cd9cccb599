"""How often a row may be tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cases import pulse
from cases.models import Analysis, HeatMap, Radiograph

DATABASE_AWAY = (OperationalError, InterfaceError)
"""Nothing can be recorded while these are raised: the lease ends, the sweeper rings again."""

Row = Radiograph | Analysis | HeatMap
"""What workers take, each with attempts, strikes and a lease."""

TRIES_LEFT = {"strikes__lt": settings.MAX_STRIKES, "attempts__lt": settings.MAX_ATTEMPTS}


def every(model: type[Row]) -> QuerySet[Any]:
    """All rows of a kind, those in the shadow too: a worker works on both."""
    return model._base_manager.all()


def take(model: type[Row], pk: int, state: str) -> bool:
    """Compare and set: one more attempt at a row that waits, or that is in `state` with its lease run out."""
    now = timezone.now()
    free = Q(state="waiting") | Q(state=state, lease_until__lt=now)
    rows = every(model).filter(free, pk=pk, **TRIES_LEFT)
    taken = rows.update(
        state=state,
        attempts=F("attempts") + 1,
        worker=pulse.this_worker(),
        lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
    )
    return bool(taken)


def still_mine(row: Row, state: str) -> bool:
    """Whether nobody has taken the row since; it is locked until the transaction ends."""
    return rows_still_mine(row, state).select_for_update().exists()


def rows_still_mine(row: Row, state: str) -> QuerySet[Any]:
    """This row if nobody has taken it since, else none: what is written by way of it is written only then."""
    return every(type(row)).filter(pk=row.pk, state=state, attempts=row.attempts)


def tries_left(row: Row) -> bool:
    """Whether a row that ended once more may be tried again.

    A strike is an attempt that ended although its worker lived on: the input is the suspect. An attempt that ended with
    its worker is not held against the input, but there is an end to these too.
    """
    return row.strikes + 1 < settings.MAX_STRIKES and row.attempts < settings.MAX_ATTEMPTS
