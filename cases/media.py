"""Pictures for the browser: files that we made, never the uploaded bytes, and only of cases this user may see."""

from __future__ import annotations

import logging
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cases import storage
from cases.access import for_radiologists, for_staff
from cases.blind.eyes import sees_model
from cases.models import Case, HeatMap, Radiograph, User

log = logging.getLogger(__name__)
HEADERS = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@for_staff
@require_safe
def picture(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """The rendition, as large as the radiograph."""
    radiograph = _visible_radiograph(request, radiograph_id)
    return _file(radiograph.rendition_key, f"radiograph-{radiograph.pk}.jpg")


@for_staff
@require_safe
def thumbnail(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """The small picture of lists."""
    radiograph = _visible_radiograph(request, radiograph_id)
    return _file(radiograph.thumbnail_key, f"thumbnail-{radiograph.pk}.jpg")


@for_staff
@require_safe
def deep_picture(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """Every value of the radiograph (inference/deep.py); 404 where 8 bits are all there is."""
    radiograph = _visible_radiograph(request, radiograph_id)
    return _file(radiograph.deep_key, f"radiograph-{radiograph.pk}.bin", "application/octet-stream")


@for_radiologists
@require_safe
def heat_map(request: HttpRequest, analysis_id: int) -> HttpResponse:
    """The coloured layer to lay over the picture."""
    found = _visible_heat_map(request, analysis_id)
    return _file(found.key, f"heat-map-{analysis_id}.png", "image/png")


@for_radiologists
@require_safe
def heat_map_picture(request: HttpRequest, analysis_id: int) -> HttpResponse:
    """The picture with its heat map on it, for a browser without scripts."""
    return _file(_visible_heat_map(request, analysis_id).picture_key, f"heat-map-{analysis_id}.jpg")


def _visible_heat_map(request: HttpRequest, analysis_id: int) -> HeatMap:
    """Of an answer that readers see, and only where the check lets it be shown."""
    seen = Case.objects.visible_to(request.user)
    maps = HeatMap.objects.filter(state="done", analysis__shadow=False, analysis__radiograph__case__in=seen)
    found = get_object_or_404(maps.select_related("analysis__radiograph__case"), analysis_id=analysis_id)
    if not sees_model(found.analysis.radiograph.case, cast(User, request.user)):
        raise Http404
    return found


def _visible_radiograph(request: HttpRequest, radiograph_id: int) -> Radiograph:
    seen = Radiograph.objects.filter(case__in=Case.objects.visible_to(request.user))
    return get_object_or_404(seen.only("rendition_key", "thumbnail_key", "deep_key"), pk=radiograph_id)


def _file(key: str, name: str, kind: str = "image/jpeg") -> HttpResponse:
    """The file under a key, with a name that says nothing about a patient.

    Raises:
        Http404: there is no picture (yet), or its file is gone.
    """
    if not key:
        raise Http404
    try:
        data = storage.get(key)
    except FileNotFoundError:
        log.error("the file of %s is gone", name)
        raise Http404 from None
    return HttpResponse(
        data, content_type=kind, headers={**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    )
