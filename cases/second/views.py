"""The buttons of the second and the third reader."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from cases import rules
from cases.access import for_radiologists, visible_case
from cases.models import Case
from cases.reading import signing
from cases.reading.answers import REFUSED, person, tells_refusals, yours_until
from cases.reading.screen import case_screen
from cases.second import services
from cases.second.forms import SecondForm, ThirdForm
from cases.second.side import with_typed


@for_radiologists
@require_POST
@tells_refusals
def take(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case for its second or third reading."""
    services.take(case=visible_case(request, case_id), by=person(request))
    return redirect("case", case_id)


@for_radiologists
@require_POST
def keep(request: HttpRequest, case_id: int) -> HttpResponse:
    """A sign of life from the open page: 200 with the claim's end, or 409 with the sentence to show."""
    end = services.keep(case=visible_case(request, case_id), by=person(request))
    if end is not None:
        return yours_until(end)
    sentence = gettext("Your claim on this case has ended, and the case has moved on.")
    return JsonResponse({"message": sentence}, status=409)


@for_radiologists
@require_POST
@tells_refusals
def store(request: HttpRequest, case_id: int) -> HttpResponse:
    """Store the second opinion."""
    case, form = visible_case(request, case_id), SecondForm(request.POST)
    words = {name: request.POST.get(name, "") for name in ("verdict", "comment")}
    return _after(request, case, form, lambda: services.store_second(case=case, by=person(request), **words))


@for_radiologists
@require_POST
@tells_refusals
def adjudicate(request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide between two; it may sign an amendment, so it takes a signing session."""
    case, form = visible_case(request, case_id), ThirdForm(request.POST)
    words = {name: request.POST.get(name, "") for name in ("verdict", "comment", "reason")}

    def decide() -> None:
        if not signing.seconds_left(request):
            signing.open_session(request, request.POST.get("password", ""))
        services.adjudicate(case=case, by=person(request), **words)

    return _after(request, case, form, decide)


def _after(request: HttpRequest, case: Case, form: SecondForm, act: Any) -> HttpResponse:
    """On to the further cases; a form that is refused comes back with the sentence and what was typed."""
    if form.is_valid():
        try:
            act()
        except rules.RuleBroken as error:
            form.refuse(error)
        else:
            messages.success(request, gettext("Your reading of %(case)s is stored.") % {"case": case.number})
            return redirect(f"{reverse('worklist')}?state=signed&second=1")
    return _refused(request, visible_case(request, case.pk), form)


def _refused(request: HttpRequest, case: Case, form: SecondForm) -> HttpResponse:
    """The form as it was sent; where this person can send it no more, its words to be copied."""
    screen = case_screen(request, case)
    side = with_typed(screen["second"], form)
    more = {"second": side} if side else {"refused": form}
    return render(request, "cases/case.html", {**screen, **more}, status=REFUSED)
