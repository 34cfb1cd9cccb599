"""What a browser asks for by its address alone, and only a button does: said in words, never the browser's own page.

After a login that had ended, the browser is sent on to the address of the button that was pressed: it comes back by
GET, without what was typed, and nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

NOT_ALLOWED = 405


class UndoneMiddleware:
    """Leads a person back to the case, or to the worklist, with a sentence; scripts get their bare 405."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != NOT_ALLOWED or "text/html" not in request.headers.get("Accept", ""):
            return response
        if request.method in ("GET", "HEAD") and request.user.is_authenticated:
            return _led_back(request)
        page = render(request, "405.html", status=NOT_ALLOWED)
        page["Allow"] = response.headers.get("Allow", "")
        return page


def _led_back(request: HttpRequest) -> HttpResponse:
    messages.warning(
        request,
        gettext("Nothing was done yet: the login had ended before. Press the button again if you still want it."),
    )
    case_id = request.resolver_match.kwargs.get("case_id") if request.resolver_match else None
    return redirect("case", case_id) if case_id else redirect("worklist")
