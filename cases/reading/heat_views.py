"""The button that asks for a heat map."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cases.access import for_radiologists, visible_case
from cases.analysis import ask_heat_map
from cases.blind.eyes import check_sees_model
from cases.models import Analysis, Case
from cases.reading.answers import person, tells_refusals, wants_json


@for_radiologists
@require_POST
@tells_refusals
def ask(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ask for the heat map of one answer; a script is told the state, the page shows the rest by itself."""
    found = visible_case(request, case_id)
    check_sees_model(found, person(request))  # before it is said whether there is such an answer
    answer = _answer_of(found, request.POST.get("analysis", ""))
    row = ask_heat_map(analysis=answer, by=person(request))
    if wants_json(request):
        return JsonResponse({"state": row.state})
    return redirect(f"{reverse('case', args=[case_id])}?picture={answer.radiograph_id}#heat-side")


def _answer_of(case: Case, asked: str) -> Analysis:
    """The answer with this id if it is one of the case's; nothing asked: the one that the worklist shows.

    Raises:
        Http404: the case has no such answer.
    """
    rows = Analysis.objects.filter(radiograph__case=case).select_related("radiograph__case", "model_version")
    wanted = asked or str(case.top_analysis_id or "")
    found = rows.filter(pk=int(wanted)).first() if wanted.isascii() and wanted.isdigit() else None
    if found is None:
        raise Http404
    return found
