"""Status for administrators; liveness and readiness for whatever watches the processes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.access import for_administrators
from cases.oversight.health import check_health
from cases.oversight.status import look_around


@require_safe
@for_administrators
def status(request: HttpRequest) -> HttpResponse:
    """What runs, what waits, what failed, and why this set-up may not be safe for patients."""
    return render(request, "cases/status.html", {"status": look_around()})


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when pictures can be taken and scored, else 503; which part is down, and since when it was silent."""
    health = check_health()
    answer = JsonResponse(health.to_json(), status=200 if health.ready else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # a probe that hears no is not an error of this request
    return answer
