"""Has somebody asked for a score in spite of the gate? The event is the record."""

from __future__ import annotations

from cases.models import Radiograph


def was_overridden(radiograph: Radiograph) -> bool:
    """Whether a score of this case is wanted although the gate refuses its picture."""
    return radiograph.case.events.filter(verb="scope_overridden").exists()


def is_wanted_anyway(radiograph: Radiograph) -> bool:
    """Whether every model is asked, whatever the gate and its scope say: a phantom, or a reader's wish."""
    return radiograph.case.kind == "phantom" or was_overridden(radiograph)
