"""Pictures for the browser: the JPEG that we made, never the uploaded bytes, and only of cases this user may see."""

from __future__ import annotations

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cases import storage
from cases.access import for_staff
from cases.models import Case, Radiograph

log = logging.getLogger(__name__)
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Type": "image/jpeg",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@for_staff
@require_safe
def picture(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """The rendition, as large as the radiograph."""
    radiograph = _visible_radiograph(request, radiograph_id)
    return _jpeg(radiograph.rendition_key, f"radiograph-{radiograph.pk}.jpg")


@for_staff
@require_safe
def thumbnail(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """The small picture of lists."""
    radiograph = _visible_radiograph(request, radiograph_id)
    return _jpeg(radiograph.thumbnail_key, f"thumbnail-{radiograph.pk}.jpg")


def _visible_radiograph(request: HttpRequest, radiograph_id: int) -> Radiograph:
    seen = Radiograph.objects.filter(case__in=Case.objects.visible_to(request.user))
    return get_object_or_404(seen.only("rendition_key", "thumbnail_key"), pk=radiograph_id)


def _jpeg(key: str, name: str) -> HttpResponse:
    """The file under a key, with a name that says nothing about a patient.

    Raises:
        Http404: the radiograph has no picture (yet), or its file is gone.
    """
    if not key:
        raise Http404
    try:
        data = storage.get(key)
    except FileNotFoundError:
        log.error("the file of %s is gone", name)
        raise Http404 from None
    return HttpResponse(data, headers={**HEADERS, "Content-Disposition": f'inline; filename="{name}"'})
