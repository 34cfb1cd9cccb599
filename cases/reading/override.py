"""A reader asks the model in spite of the gate: logged, shown, and remembered when the picture is read again."""

from __future__ import annotations

from django.db import transaction

from cases import analysis, events, rules
from cases.models import Case, User


def score_anyway(*, case: Case, by: User, reason: str) -> Case:
    """Score the pictures of this case that the gate refused.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`.
    """
    rules.check_reason(reason)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move("override", case.state, by.role)
        refused = list(case.radiographs.filter(state="not_scored").order_by("pk"))
        codes = sorted({code for radiograph in refused for code in radiograph.refusals})
        events.record(move.event, by=by, case=case, reason=reason.strip()[:500], refusals=codes)
        case.radiographs.filter(pk__in=[radiograph.pk for radiograph in refused]).update(state="read")
        for radiograph in refused:
            analysis.open_analyses(radiograph, analysis.running_versions())
        target, code = analysis.parts_state(case)
        Case.objects.filter(pk=case.pk).update(state=target, failure_code=code, version=case.version + 1)
        case.refresh_from_db()
        return case
