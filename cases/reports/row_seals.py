"""What a row says, as a keyed hash: it stands in the row's event or in a passport, and a changed row no longer fits it.

Keyed, so that it may cover what names a patient. A list of names is never changed: the hashes that are stored were
made with it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Model

from cases import events
from cases.models import Case, CriticalResult, Opinion, Radiograph, SecondReading
from cases.reading.content import canonical

OF_CASE = (
    *("patient_id", "study_instance_uid", "study_date", "study_description", "clinical_question", "priority"),
    *("priority_rank", "opened_by_id", "joined_to_id", "failure_code", "read_blind"),
)
OF_PICTURE = (
    *("case_id", "original_name", "uploaded_by_id", "uploaded_at", "duplicate_confirmed", "failure_values", "read_at"),
    *("read_seconds", "modality", "tags", "rendition_key", "deep_key", "thumbnail_key"),
)
OF_OPINION = ("case_id", "reader_id", "kind", "verdict", "confidence", "comment", "at", "analysis_id")
OF_SECOND = (
    *("case_id", "why", "state", "first_reader_id", "second_reader_id", "third_reader_id", "signed_verdict"),
    *("second_verdict", "drawn_at", "done_at"),
)
OF_CALL = ("case_id", "finding", "found_at", "opened_by_id", "opened_at")  # what no later note changes


def seal_of_case(row: Case) -> str:
    """Of what stays as it is from the signature on, beside what a passport says in words."""
    return _seal(row, OF_CASE)


def seal_of_picture(row: Radiograph) -> str:
    """As seal_of_case."""
    return _seal(row, OF_PICTURE)


def seal_of_opinion(row: Opinion) -> str:
    """Of the whole row."""
    return _seal(row, OF_OPINION)


def seal_of_second(row: SecondReading) -> str:
    """Of the row without the claim."""
    return _seal(row, OF_SECOND)


def sealed_second(row: SecondReading, opinion: Opinion | None = None) -> dict[str, Any]:
    """For the event of a step of a second reading: what its row says now, and the opinion that was given."""
    said: dict[str, Any] = {"second_seal": seal_of_second(row)}
    return said | ({"opinion": opinion.pk, "seal": seal_of_opinion(opinion)} if opinion else {})


def seal_of_opening(row: CriticalResult) -> str:
    """Of a critical result as it was opened."""
    return _seal(row, OF_CALL)


def _seal(row: Model, names: tuple[str, ...]) -> str:
    return events.keyed_hash(canonical([row._meta.label_lower, row.pk, *(_said(getattr(row, name)) for name in names)]))


def _said(value: Any) -> Any:
    """JSON has no dates; a moment is told in UTC, whatever zone the database gives it in."""
    if isinstance(value, datetime):
        return events.instant(value)
    return value.isoformat() if isinstance(value, date) else value
