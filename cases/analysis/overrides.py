"""Has a reader asked for a score in spite of the gate? The event is the record."""

from __future__ import annotations

from cases.models import Radiograph


def was_overridden(radiograph: Radiograph) -> bool:
    """Whether a score of this case is wanted although the gate refuses its picture."""
    return radiograph.case.events.filter(verb="scope_overridden").exists()
