"""The worklist page, its live parts, the search for a patient, and the columns that a person wants."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cases.access import for_staff
from cases.live import broadcaster
from cases.models import User
from cases.worklist import services
from cases.worklist.chips import chips
from cases.worklist.columns import CHOICES, chosen
from cases.worklist.counts import OwnCounts, own_counts, page_title
from cases.worklist.filters import Filters
from cases.worklist.listing import Asked, Listing, listing_for
from cases.worklist.options import options
from cases.worklist.saved_views import saved_views

LIVE = "cases/_worklist_live.html"
SEARCH_KEY = "worklist_search"
SEARCH_LENGTH = 100
# live.js waits longer than this after an event before it asks: what it gets was looked up after the change.
LIVE_MAY_BE_OLD_S = 0.25
# What was looked up since the last word of a change is as good, but the clock changes the list without a word.
QUIET_MAY_BE_OLD_S = 1.0


@for_staff
@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """The page."""
    asked, user, offered = _asked(request), cast(User, request.user), options()
    found = listing_for(user, asked, may_be_old_s=_since_the_last_word())
    shown = _shown(user, asked, found, own_counts(user, found.eyes))
    around = {
        **offered,
        "chips": chips(asked.filters, offered),
        "choices": [(column.code, column.label, column in asked.columns) for column in CHOICES],
        "heads": asked.filters.heads(asked.columns),
    }
    return render(request, "cases/worklist.html", {**shown, **around})


@for_staff
@require_safe
def worklist_rows(request: HttpRequest) -> HttpResponse:
    """What of the page changes by itself."""
    asked, user = _asked(request), cast(User, request.user)
    found = listing_for(user, asked, may_be_old_s=max(LIVE_MAY_BE_OLD_S, _since_the_last_word()))
    own = own_counts(user, found.eyes)
    return HttpResponse(found.fragment(user, own, lambda: render_to_string(LIVE, _shown(user, asked, found, own))))


@for_staff
@require_POST
def search_patient(request: HttpRequest) -> HttpResponse:
    """Keep the search in the session, where no log sees it; an empty one clears it. It looks through all states."""
    words = " ".join(request.POST.get("q", "").replace("\0", "").split())[:SEARCH_LENGTH]
    request.session[SEARCH_KEY] = words
    return _back(Filters.read(request.POST).query(state="all" if words else ""))


@for_staff
@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep the columns; the list comes back with the filters that it had."""
    codes = [] if "usual" in request.POST else request.POST.getlist("column")
    services.choose_columns(codes=codes, by=cast(User, request.user))
    return _back(Filters.read(request.POST).query())


def _back(query: str) -> HttpResponse:
    return redirect(f"{reverse('worklist')}?{query}" if query else reverse("worklist"))


def _since_the_last_word() -> float:
    return min(broadcaster.quiet_s(), QUIET_MAY_BE_OLD_S)


def _asked(request: HttpRequest) -> Asked:
    return Asked(
        filters=Filters.read(request.GET),
        search=request.session.get(SEARCH_KEY, ""),
        page=request.GET.get("page", ""),
        columns=chosen(cast(User, request.user).worklist_columns),
    )


def _shown(user: User, asked: Asked, found: Listing, own: OwnCounts) -> dict[str, Any]:
    return {
        "asked": asked,
        "page": found.rows,
        "more": found.more,
        "filters": asked.filters,
        "query": asked.filters.query(),
        "width": len(asked.columns),
        "search": asked.search,
        "counts": found.counts,
        "title": page_title(found.counts),
        "views": saved_views(user, asked.filters, found.counts, own),
        "calls_open": own.calls,
        "model_answers": found.model_answers,
    }
