"""What can still be done with an uploaded case until it is read: correct, withdraw, restore, run again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import rules
from cases.access import for_roles, for_staff, visible_case
from cases.intake import answers
from cases.intake.forms import CorrectionForm, ReasonForm
from cases.intake.services import correct_patient, rerun, restore, withdraw
from cases.models import Case
from cases.rules import RuleBroken
from cases.wording import rule_sentence

for_senders = for_roles("radiographer", "administrator")
page_methods = require_http_methods(["GET", "HEAD", "POST"])


@for_senders
@page_methods
def correct(request: HttpRequest, case_id: int) -> HttpResponse:
    """Who the picture is of, what is asked, how urgent it is."""
    case, by = visible_case(request, case_id), answers.person(request)
    form = CorrectionForm(request.POST) if request.method == "POST" else CorrectionForm.of(case)
    if not form.is_valid() or not answers.obeys(
        form, lambda: correct_patient(case=case, by=by, details=form.details())
    ):
        return _form_page(request, "cases/correct_case.html", case, form)
    messages.success(request, gettext("%(case)s is corrected.") % {"case": case.number})
    return answers.back(request)


@for_senders
@page_methods
def withdraw_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take back a wrong upload, with the reason."""
    case, by = visible_case(request, case_id), answers.person(request)
    form = ReasonForm(request.POST or None)
    if not form.is_valid() or not answers.obeys(
        form, lambda: withdraw(case=case, by=by, reason=form.cleaned_data["reason"])
    ):
        return _form_page(request, "cases/withdraw_case.html", case, form)
    messages.success(request, gettext("%(case)s is withdrawn. It can be restored.") % {"case": case.number})
    return answers.back(request)


@for_senders
@require_POST
def restore_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Undo a withdrawal."""
    case = visible_case(request, case_id)
    return _moved(request, lambda: restore(case=case, by=answers.person(request)), gettext("%(case)s is restored."))


@for_staff
@require_POST
def rerun_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Read a failed picture anew, or ask the running models again."""
    case = visible_case(request, case_id)
    return _moved(request, lambda: rerun(case=case, by=answers.person(request)), gettext("%(case)s is run again."))


def _moved(request: HttpRequest, act: Any, words: str) -> HttpResponse:
    try:
        messages.success(request, words % {"case": act().number})
    except RuleBroken as error:
        messages.error(request, rule_sentence(error))
    return answers.back(request)


def _form_page(request: HttpRequest, template: str, case: Case, form: Any) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "radiographs": list(case.radiographs.all()),
        "may": rules.may_move("withdraw", case.state, answers.person(request).role),
        "next": answers.way_back(request),
    }
    return render(request, template, context, status=answers.REFUSED if form.is_bound else answers.OK)
