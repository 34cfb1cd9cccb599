"""The reader's opinion before the model is shown."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cases import events
from cases.blind.eyes import sees_model
from cases.models import Case, Opinion, User
from cases.models.opinions import CONFIDENCE_NAMES
from cases.reading.services import save_reading
from cases.reports.row_seals import seal_of_opinion


def store_opinion(*, case: Case, by: User, version: int, confidence: str = "", **said: Any) -> Opinion | None:
    """Keep what the reader thinks before the model is shown, and save it as a reading; from then on it is shown.

    None where nothing was kept back (any more): the reading alone is saved then.

    Args:
        confidence: a key of CONFIDENCE_NAMES; anything else is none.
        said: verdict, comment and whatever else save_reading takes.

    Raises:
        RuleBroken, Conflict: as save_reading.
    """
    with transaction.atomic():
        reading = save_reading(case=case, by=by, version=version, **said)
        case = Case.objects.select_related("top_analysis").get(pk=case.pk)
        if sees_model(case, by):
            return None
        opinion = Opinion.objects.create(
            case=case,
            reader=by,
            kind="blind",
            verdict=reading.verdict,
            comment=reading.comment,
            confidence=confidence if confidence in CONFIDENCE_NAMES else "",
            analysis=case.top_analysis,
        )
        said = {"opinion": opinion.pk, "verdict": opinion.verdict, "seal": seal_of_opinion(opinion)}
        events.record("opinion_stored", by=by, case=case, **said)
        return opinion
