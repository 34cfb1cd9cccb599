"""The worklist page, its live parts, and the search for a patient."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cases import pulse
from cases.access import for_staff
from cases.worklist.filters import BANDS, GROUP_NAMES, PRIORITIES, Filters
from cases.worklist.queries import page_title, queue_counts, worklist_page

SEARCH_KEY = "worklist_search"
SEARCH_LENGTH = 100


@for_staff
@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """The page."""
    return render(request, "cases/worklist.html", _shown(request))


@for_staff
@require_safe
def worklist_rows(request: HttpRequest) -> HttpResponse:
    """What of the page changes by itself."""
    return render(request, "cases/_worklist_live.html", _shown(request))


@for_staff
@require_POST
def search_patient(request: HttpRequest) -> HttpResponse:
    """Keep the search in the session, where no log sees it; an empty one clears it. It looks through all states."""
    words = " ".join(request.POST.get("q", "").replace("\0", "").split())[:SEARCH_LENGTH]
    request.session[SEARCH_KEY] = words
    state = "all" if words else ""
    query = Filters.read(request.POST).query(state=state)
    return redirect(f"{reverse('worklist')}?{query}" if query else reverse("worklist"))


def _shown(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    filters, search = Filters.read(request.GET), request.session.get(SEARCH_KEY, "")
    counts, model_answers = queue_counts(user), pulse.alive("infer")
    return {
        "page": worklist_page(user, filters, search, request.GET.get("page"), by_model=model_answers),
        "filters": filters,
        "query": filters.query(),
        "heads": filters.heads(),
        "groups": [(code, words, filters.query(state=code), counts.in_group(code)) for code, words in GROUP_NAMES],
        "priorities": PRIORITIES,
        "bands": BANDS,
        "search": search,
        "counts": counts,
        "title": page_title(counts),
        "model_answers": model_answers,
    }
