"""Taking a report out of the house is an event."""

from __future__ import annotations

from django.db import transaction

from cases import events
from cases.models import Report, User


def note_export(*, report: Report, by: User, kind: str, without_patient: bool) -> None:
    """Write down who took what.

    Args:
        kind: "pdf" or "passport".
    """
    version, case = report.version, report.case
    with transaction.atomic():
        events.record("exported", by=by, case=case, kind=kind, version=version, without_patient=without_patient)
