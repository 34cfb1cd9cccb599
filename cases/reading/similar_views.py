"""The page of the similar cases; the case page shows its middle part in place."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.access import for_roles, visible_case
from cases.blind.eyes import seen_analysis
from cases.reading.answers import person
from cases.reading.similar import similar_cases


@for_roles("radiologist", "administrator")
@require_safe
def similar(request: HttpRequest, case_id: int) -> HttpResponse:
    """The signed cases that look most alike to the network; 404 where the model says nothing to this person yet."""
    found = visible_case(request, case_id)
    top = seen_analysis(found, person(request))
    if top is None:
        raise Http404
    return render(request, "cases/similar.html", {"case": found, "similar": similar_cases(found, top, person(request))})
