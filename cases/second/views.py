"""The buttons of the second and the third reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import rules
from cases.access import for_radiologists, for_roles, visible_case
from cases.models import Case
from cases.reading import signing
from cases.reading.answers import REFUSED, person, tells_refusals, yours_until
from cases.reading.forms import ReadingForm
from cases.reading.screen import case_screen
from cases.reading.sign_views import read_back
from cases.second import services
from cases.second.forms import SecondForm, ThirdForm
from cases.second.side import with_typed

WITH_FORM = ["GET", "HEAD", "POST"]  # a log-in on the way leads here without the words: the case page offers them
STAGES: dict[type[ReadingForm], str] = {SecondForm: "second", ThirdForm: "third"}


@for_radiologists
@require_POST
@tells_refusals
def take(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case for its second or third reading."""
    services.take(case=visible_case(request, case_id), by=person(request))
    return redirect("case", case_id)


@for_radiologists
@require_POST
def next_second(request: HttpRequest) -> HttpResponse:
    """Take the next case that waits for a second or third reader."""
    return _next_or_list(request)


def _next_or_list(request: HttpRequest) -> HttpResponse:
    row = services.take_next(by=person(request))
    if row is not None:
        return redirect("case", row.case_id)
    messages.info(request, gettext("No further reading waits for you."))
    return _list()


def _list() -> HttpResponse:
    return redirect(f"{reverse('worklist')}?state=signed&second=1")


@for_roles("radiologist", "administrator")
@require_POST
@tells_refusals
def release(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give it back; an administrator takes it from its reader."""
    case = visible_case(request, case_id)
    services.release(case=case, by=person(request))
    messages.success(request, gettext("%(case)s is back in the worklist.") % {"case": case.number})
    return _list() if person(request).role == rules.Role.RADIOLOGIST else redirect("case", case_id)


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
@require_http_methods(WITH_FORM)
@tells_refusals
def store(request: HttpRequest, case_id: int) -> HttpResponse:
    """Store the second opinion."""
    case = visible_case(request, case_id)
    if request.method != "POST":
        return redirect("case", case_id)
    form = SecondForm(request.POST)
    return _after(request, case, form, lambda: services.store_second(case=case, by=person(request), **form.words))


@for_radiologists
@require_http_methods(WITH_FORM)
@tells_refusals
def adjudicate(request: HttpRequest, case_id: int) -> HttpResponse:
    """Decide between two: read back first, as it may sign an amendment, and it takes a signing session."""
    case = visible_case(request, case_id)
    if request.method != "POST":
        return redirect("case", case_id)
    form = ThirdForm(request.POST)
    if form.data.get("step") == "edit":
        return _shown(request, case, form, status=200)
    return _after(request, case, form, lambda: _decide(request, case, form))


def _decide(request: HttpRequest, case: Case, form: ThirdForm) -> HttpResponse | None:
    """The read-back, until it is confirmed with a password that is right; None once it is decided."""
    services.check_may_decide(case=case, by=person(request))
    if not form.is_confirmed:
        return read_back(request, case, form)
    try:
        if not signing.seconds_left(request):
            signing.open_session(request, form.cleaned_data["password"])
    except rules.RuleBroken as error:
        form.refuse(error)
        return read_back(request, case, form, status=REFUSED)
    services.adjudicate(case=case, by=person(request), **form.words)
    return None


Act = Callable[[], Any]


def _after(request: HttpRequest, case: Case, form: ReadingForm, act: Act) -> HttpResponse:
    """What `act` has to show, else on to the further cases; a refused form comes back with what was typed."""
    if form.is_valid():
        try:
            shown = act()
        except rules.RuleBroken as error:
            form.refuse(error)
        else:
            return shown if isinstance(shown, HttpResponse) else _stored(request, case, form)
    return _shown(request, visible_case(request, case.pk), form, status=REFUSED)


def _stored(request: HttpRequest, case: Case, form: ReadingForm) -> HttpResponse:
    """The message tells drafts.js whose words of which form the server has."""
    sentence = gettext("Your reading of %(case)s is stored.") % {"case": case.number}
    messages.success(request, sentence, extra_tags=f"{person(request).pk}:{case.pk}-{STAGES[type(form)]}")
    return _next_or_list(request) if form.data.get("step") == "next" else _list()


def _shown(request: HttpRequest, case: Case, form: ReadingForm, *, status: int) -> HttpResponse:
    """The form as it was sent; where this person can send it no more, its words to be copied."""
    screen = case_screen(request, case)
    side = with_typed(screen["second"], form)
    more = {"second": side} if side else {"refused": form}
    return render(request, "cases/case.html", {**screen, **more}, status=status)
