"""A reader asks the models in spite of gate and scope: logged, shown, and remembered when the picture is read again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from cases import analysis, events, rules
from cases.models import Case, Radiograph, User


def score_anyway(*, case: Case, by: User, reason: str) -> Case:
    """Score the pictures of this case that the gate refused, by every model that it was kept from.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state` (also where nothing was refused), `reason_missing`.
    """
    rules.check_reason(reason)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move("override", case.state, by.role)
        refused = list(_refused(case))
        if not refused:
            raise rules.RuleBroken("wrong_state", move="override", state=str(case.state))
        codes = {code for radiograph in refused for code in _codes(radiograph)}
        events.record(move.event, by=by, case=case, reason=reason.strip()[:500], refusals=sorted(codes))
        for radiograph in refused:
            analysis.ask_anyway(radiograph)
        target, code = analysis.parts_state(case)
        Case.objects.filter(pk=case.pk).update(state=target, failure_code=code, version=case.version + 1)
        case.refresh_from_db()
        return case


def _refused(case: Case) -> QuerySet[Radiograph]:
    by_one = Q(state="read", analyses__state="not_scored", analyses__shadow=False)
    return case.radiographs.filter(Q(state="not_scored") | by_one).distinct().order_by("pk")


def _codes(radiograph: Radiograph) -> list[str]:
    return [*radiograph.refusals, *analysis.refusals_of(radiograph)]
