"""The call log of a case, and the list of calls that are still open. It works without JavaScript."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import rules
from cases.access import for_roles, visible_case
from cases.blind.eyes import sees_reading
from cases.calls import services
from cases.calls.forms import CallForm, FindingForm
from cases.models import Case, CriticalResult, User
from cases.reading.answers import REFUSED, is_prefetch, opened_case, person
from cases.wording import rule_sentence

for_callers = for_roles("radiologist", "administrator")


@for_callers
@require_http_methods(["GET", "HEAD", "POST"])
def calls(request: HttpRequest, case_id: int) -> HttpResponse:
    """The call log of a case; a radiologist opens a call here."""
    if request.method != "POST":
        if is_prefetch(request):
            return HttpResponse(status=204)
        return _log_page(request, opened_case(request, case_id), FindingForm.now())
    case, form = visible_case(request, case_id), FindingForm(request.POST)
    if form.is_valid():
        try:
            services.open_call(case=case, by=person(request), **form.cleaned_data)
        except rules.RuleBroken as error:
            form.add_error(None, rule_sentence(error))
        else:
            messages.success(request, gettext("Opened: you are reminded until all six fields are filled in."))
            return redirect("calls", case_id)
    return _log_page(request, case, form, status=REFUSED)


@for_callers
@require_POST
def note_call(request: HttpRequest, case_id: int, call_id: int) -> HttpResponse:
    """Write down what is known of a call."""
    case, call = _asked(request, case_id, call_id)
    form = CallForm(request.POST, prefix=f"call-{call.pk}")
    if form.is_valid():
        try:
            noted = services.note_call(call=call, by=person(request), **form.cleaned_data)
        except rules.RuleBroken as error:
            form.add_error(None, rule_sentence(error))
        else:
            messages.success(request, _noted_sentence(noted))
            return redirect("calls", case_id)
    return _log_page(request, case, FindingForm.now(), status=REFUSED, typed={call.pk: form})


def _noted_sentence(call: CriticalResult) -> str:
    if call.state == "complete":
        return gettext("The call is complete.")
    return gettext("Saved; the call is not complete yet.")


@for_callers
@require_POST
def withdraw_call(request: HttpRequest, case_id: int, call_id: int) -> HttpResponse:
    """Take back a call that should not have been opened."""
    _case, call = _asked(request, case_id, call_id)
    try:
        services.withdraw_call(call=call, by=person(request), reason=request.POST.get("reason", ""))
    except rules.RuleBroken as error:
        messages.error(request, rule_sentence(error))
    return redirect("calls", case_id)


@for_callers
@require_safe
def open_calls(request: HttpRequest) -> HttpResponse:
    """All calls that this person is reminded of, the oldest first."""
    found = CriticalResult.objects.nagging(request.user).select_related("case", "opened_by").order_by("found_at", "pk")
    return render(request, "cases/open_calls.html", {"calls": found})


def _asked(request: HttpRequest, case_id: int, call_id: int) -> tuple[Case, CriticalResult]:
    case = visible_case(request, case_id)
    return case, get_object_or_404(_shown(case, person(request)), pk=call_id)


def _shown(case: Case, user: User) -> QuerySet[CriticalResult]:
    """The calls of a case; where the reading is kept back from this person, only the own ones."""
    found = case.critical_results.all()
    return found if sees_reading(case, user) else found.filter(opened_by=user)


def _log_page(
    request: HttpRequest, case: Case, form: FindingForm, *, status: int = 200, typed: dict[int, CallForm] | None = None
) -> HttpResponse:
    caller = person(request).full_name
    found = _shown(case, person(request)).select_related("opened_by").order_by("pk")
    rows = [{"call": call, "form": (typed or {}).get(call.pk) or _form_of(call, caller)} for call in found]
    context: dict[str, Any] = {"case": case, "rows": rows, "form": form}
    context["may_open"] = person(request).role in services.MAY_OPEN and case.state in services.SEEN
    return render(request, "cases/calls.html", context, status=status)


def _form_of(call: CriticalResult, caller: str) -> CallForm | None:
    return CallForm.showing(call, caller) if call.state == "open" else None
