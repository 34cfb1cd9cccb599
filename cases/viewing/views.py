"""The settings of keys and mouse; without JavaScript the keys are typed by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.access import for_radiologists, for_staff, visible_case
from cases.models import Case, Radiograph
from cases.reading import skipped
from cases.reading.answers import REFUSED, is_prefetch, person
from cases.rules import RuleBroken
from cases.viewing import line, priors, services
from cases.viewing.keys import BY_KEY, KEYS, MOUSE, MOUSE_NAMES, KeysRefused
from cases.viewing.turning import orientation_of, turn_picture
from cases.wording import rule_sentence


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def workstation(request: HttpRequest) -> HttpResponse:
    """Keys and mouse of the person in front of the page."""
    if request.method != "POST":
        return _page(request, person(request).workstation, {})
    usual = "usual" in request.POST
    keys = {} if usual else {key: request.POST.get(f"key-{key}", "") for key in BY_KEY}
    mouse = {} if usual else {name: request.POST.get(f"mouse-{name}", "") for name in MOUSE}
    try:
        services.set_workstation(keys=keys, mouse=mouse, by=person(request))
    except KeysRefused as error:
        return _page(request, {"keys": keys, "mouse": mouse}, error.fields, status=REFUSED)
    messages.success(request, gettext("Keys and mouse are kept."))
    return redirect("workstation")


@for_staff
@require_safe
def beside(request: HttpRequest, case_id: int, other_id: int) -> HttpResponse:
    """The picture of another case of the same patient, as a piece of the case page; looking at it opens that case."""
    if is_prefetch(request):
        return HttpResponse(status=204)
    case = visible_case(request, case_id)
    prior = priors.open_prior(case=case, other_id=other_id, by=person(request))
    return render(request, "cases/_beside.html", {"case": prior, "radiograph": priors.picture_beside(prior, case)})


@for_radiologists
@require_POST
def turn(request: HttpRequest, radiograph_id: int) -> HttpResponse:
    """Keep how the viewer lays this picture; its script asks, after the reader has turned it."""
    seen = Radiograph.objects.filter(case__in=Case.objects.visible_to(request.user)).select_related("case")
    found = get_object_or_404(seen, pk=radiograph_id)
    try:
        turn_picture(
            radiograph=found, orientation=orientation_of(request.POST.get("orientation", "")), by=person(request)
        )
    except ValueError:
        return HttpResponseBadRequest()
    except RuleBroken as error:
        return JsonResponse({"message": rule_sentence(error)}, status=409)
    return JsonResponse({})


@for_radiologists
@require_safe
def next_pictures(request: HttpRequest) -> HttpResponse:
    """Addresses of the next case's pictures, for the page to fetch ahead; nothing is claimed and nothing opened."""
    return JsonResponse({"pictures": line.pictures_ahead(by=person(request), besides=skipped.ids(request))})


def _page(
    request: HttpRequest, kept: Mapping[str, Any], faults: Mapping[str, str], *, status: int = 200
) -> HttpResponse:
    keys, mouse = kept.get("keys", {}), kept.get("mouse", {})
    groups = [
        {
            "name": name,
            "rows": [
                {"usual": key, "words": words, "key": keys.get(key, ""), "fault": faults.get(key, "")}
                for key, words in group.items()
            ],
        }
        for name, group in KEYS.items()
    ]
    habits = [
        {"name": name, "words": MOUSE_NAMES[name], "choices": choices.items(), "chosen": mouse.get(name, "")}
        for name, choices in MOUSE.items()
    ]
    context = {"groups": groups, "habits": habits, "faults": faults}
    return render(request, "cases/workstation.html", context, status=status)
