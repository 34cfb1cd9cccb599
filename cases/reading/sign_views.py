"""Signing, amending, and the report with all its versions; the dialog of the case page only saves the way here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from cases import rules
from cases.access import for_radiologists, for_staff, visible_case
from cases.blind import eyes
from cases.models import Case, Report
from cases.reading import queries, services, signing
from cases.reading.ages import age_words
from cases.reading.answers import (
    REFUSED,
    case_page,
    conflict_page,
    is_prefetch,
    next_or_worklist,
    opened_case,
    person,
)
from cases.reading.forms import SAID, AmendForm, SignForm
from cases.reading.services import Conflict
from cases.reading.words import Words, words_of
from cases.reports.sheet import limits, sheet_of
from cases.wording import rule_sentence


@for_radiologists
@require_http_methods(["GET", "HEAD", "POST"])
def sign_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Read back what is to be signed; then sign it."""
    case = visible_case(request, case_id)
    if request.method != "POST":
        return _back_to_case(request, case)
    form = SignForm(request.POST)
    if not form.is_valid():
        return case_page(request, case, form, status=REFUSED)
    if eyes.opinion_due(case, person(request)):
        form.refuse(rules.RuleBroken("opinion_missing"))
        return case_page(request, case, form, status=REFUSED)
    if not form.is_confirmed:
        return read_back(request, case, form)
    return _confirm(request, case, form, services.sign)


def _back_to_case(request: HttpRequest, case: Case) -> HttpResponse:
    """A signature whose login had ended comes back here without its words; what was saved may be older than these."""
    if case.claimed_by_id != request.user.pk or case.state not in rules.IN_HAND:
        messages.info(request, gettext("There is nothing to sign here yet: take the case and choose a verdict."))
    elif eyes.opinion_due(case, person(request)):
        messages.info(request, rule_sentence(rules.RuleBroken("opinion_missing")))
    return redirect("case", case.pk)


@for_radiologists
@require_http_methods(["GET", "HEAD", "POST"])
def amend_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write the next version of a signed report, read it back, sign it."""
    case = visible_case(request, case_id)
    newest = next(iter(queries.reports_of(case)), None)
    if newest is None:
        messages.info(request, gettext("Only a signed report can be amended."))
        return redirect("case", case_id)
    if not eyes.may_amend(case, person(request)):
        return _kept_back(request, case)
    if request.method != "POST":
        return _first_amend_page(request, case, newest)
    form = AmendForm(request.POST)
    if form.data.get("step") == "edit" or not form.is_valid():
        status = 200 if form.data.get("step") == "edit" else REFUSED
        return _amend_page(request, case, newest, form, status=status)
    if not form.is_confirmed:
        return read_back(request, case, form)
    return _confirm(request, case, form, services.amend)


def _kept_back(request: HttpRequest, case: Case) -> HttpResponse:
    messages.info(request, rule_sentence(rules.RuleBroken("reading_kept_back")))
    return redirect("case", case.pk)


def _first_amend_page(request: HttpRequest, case: Case, newest: Report) -> HttpResponse:
    if is_prefetch(request):
        return HttpResponse(status=204)
    services.note_opening(case=case, by=person(request))
    # What its reader said of the model stays with the first version: another one may amend.
    kept = {name: newest.content.get(name) for name in ("verdict", "comment", "findings")}
    signed = AmendForm.showing(case, **kept)
    return _amend_page(request, case, newest, signed)


def _amend_page(
    request: HttpRequest, case: Case, newest: Report, form: AmendForm, *, status: int = 200
) -> HttpResponse:
    context = {"case": case, "newest": newest, "form": form, "age": age_words(case)}
    return render(request, "cases/amend.html", context, status=status)


def read_back(request: HttpRequest, case: Case, form: SignForm, *, status: int = 200) -> HttpResponse:
    """The page that says patient, picture, verdict and text before they are frozen."""
    context = {
        "case": case,
        "form": form,
        "age": age_words(case),
        "pictures": case.radiographs.exclude(thumbnail_key="").order_by("pk"),
        "is_amendment": isinstance(form, AmendForm),
        "signing_seconds": signing.seconds_left(request),
    }
    return render(request, "cases/sign.html", context, status=status)


def _confirm(request: HttpRequest, case: Case, form: SignForm, act: Any) -> HttpResponse:
    try:
        if not signing.seconds_left(request):
            signing.open_session(request, form.cleaned_data["password"])
        act(case=case, by=person(request), **form.words)
    except Conflict as conflict:
        return _after_conflict(request, conflict, form)
    except rules.RuleBroken as error:
        form.refuse(error)
        return read_back(request, case, form, status=REFUSED)
    done = gettext("%(case)s is signed.") % {"case": case.number}
    messages.success(request, done, extra_tags=_taken(request, case))
    if form.cleaned_data["step"] == "next":
        return next_or_worklist(request, otherwise=gettext("Nothing waits to be read."))
    return redirect("report", case.pk)


def _taken(request: HttpRequest, case: Case) -> str:
    """Whose words on which case are signed: drafts.js then drops what the tab had kept of them."""
    return f"{person(request).pk}:{case.pk}"


def _after_conflict(request: HttpRequest, conflict: Conflict, form: SignForm) -> HttpResponse:
    """The same signature sent twice is done; anything else is shown."""
    newest = next(iter(queries.reports_of(conflict.case)), None)
    if newest and newest.signed_by_id == request.user.pk and _says_the_same(newest, form):
        messages.info(request, gettext("You had signed this already."), extra_tags=_taken(request, conflict.case))
        return redirect("report", conflict.case.pk)
    return conflict_page(request, conflict, form)


def _says_the_same(newest: Report, form: SignForm) -> bool:
    said = Words(*(form.cleaned_data[name] for name in SAID))
    return (words_of(newest.reading), newest.reason) == (said, form.words.get("reason", ""))


@for_staff
@require_safe
def report(request: HttpRequest, case_id: int) -> HttpResponse:
    """All versions of the report, the newest first, each with its hash."""
    if is_prefetch(request):
        return HttpResponse(status=204)
    case = opened_case(request, case_id)
    reports = queries.reports_of(case)
    if not reports:
        messages.info(request, gettext("This case has no signed report yet."))
        return redirect("case", case_id)
    if not eyes.sees_reading(case, person(request)):
        return _kept_back(request, case)
    versions = [{"report": row, "sheet": sheet_of(row, reports)} for row in reports]
    may_amend = rules.may_move("amend", case.state, person(request).role) and eyes.may_amend(case, person(request))
    context = {"case": case, "versions": versions, "may_amend": may_amend}
    pictures = [row for row in queries.pictures_as_signed(case, reports[0]) if row.thumbnail_key]
    return render(request, "cases/report.html", context | {"pictures": pictures, "limits": limits()})
