"""How often a row may be tried."""

from __future__ import annotations

from django.conf import settings
from django.db import InterfaceError, OperationalError

from cases.models import Analysis, Radiograph

DATABASE_AWAY = (OperationalError, InterfaceError)
"""Nothing can be recorded while these are raised: the lease ends, the sweeper rings again."""

TRIES_LEFT = {"strikes__lt": settings.MAX_STRIKES, "attempts__lt": settings.MAX_ATTEMPTS}


def tries_left(row: Radiograph | Analysis) -> bool:
    """Whether a row that ended once more may be tried again.

    A strike is an attempt that ended although its worker lived on: the input is the suspect. An attempt that ended with
    its worker is not held against the input, but there is an end to these too.
    """
    return row.strikes + 1 < settings.MAX_STRIKES and row.attempts < settings.MAX_ATTEMPTS
