"""The service worker, at the root: from there it may see the requests of every page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SCRIPT = Path(__file__).parents[1] / "static" / "cases" / "prefetch-worker.js"


@require_safe
def prefetch_worker(request: HttpRequest) -> HttpResponse:
    """The script; it says nothing about anybody, so it needs no rights."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@cache
def _script() -> str:
    return SCRIPT.read_text()
