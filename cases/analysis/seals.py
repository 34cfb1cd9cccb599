"""What an answer says, as a keyed hash in its event: a later change of the row no longer fits it."""

from __future__ import annotations

import json
from typing import Any

from cases import events
from cases.models import Analysis

SEALED = ("probabilities", "positive_probability", "band", "thresholds")


def seal_of(analysis_id: int, answer: dict[str, Any]) -> str:
    """The seal of an answer with the fields of SEALED."""
    return events.keyed_hash(json.dumps([analysis_id, *(answer[name] for name in SEALED)], sort_keys=True))


def seal_of_row(row: Analysis) -> str:
    """The same, from the row as it is now."""
    return seal_of(row.pk, {name: getattr(row, name) for name in SEALED})
