"""The button that stores an opinion and then shows the model."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from cases import rules
from cases.access import for_radiologists, visible_case
from cases.blind.services import store_opinion
from cases.reading.answers import REFUSED, case_page, conflict_page, person
from cases.reading.forms import ReadingForm
from cases.reading.services import Conflict


@for_radiologists
@require_POST
def store(request: HttpRequest, case_id: int) -> HttpResponse:
    """Store the opinion as it is typed; the case page then shows what the model says."""
    case, form = visible_case(request, case_id), ReadingForm(request.POST)
    if not form.is_valid():
        return case_page(request, case, form, status=REFUSED)
    sure = request.POST.get("confidence", "")
    try:
        stored = store_opinion(case=case, by=person(request), confidence=sure, **form.words)
    except Conflict as conflict:
        return conflict_page(request, conflict, form)
    except rules.RuleBroken as error:
        form.refuse(error)
        return case_page(request, case, form, status=REFUSED)
    if stored:
        messages.success(request, gettext("Your opinion is stored; now the model is shown."))
    return redirect("case", case_id)
