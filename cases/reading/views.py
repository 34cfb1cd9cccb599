"""The case page and its buttons."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from cases import rules
from cases.access import for_radiologists, for_roles, for_staff, visible_case
from cases.models import Case
from cases.reading import services, skipped
from cases.reading.answers import (
    REFUSED,
    case_page,
    conflict_page,
    is_prefetch,
    next_or_worklist,
    opened_case,
    person,
    tells_refusals,
    wants_json,
    yours_until,
)
from cases.reading.forms import ReadingForm
from cases.reading.override import score_anyway
from cases.reading.screen import case_screen


@for_staff
@require_safe
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """The case page. A browser that fetches ahead gets nothing: nobody has opened the case yet."""
    if is_prefetch(request):
        return HttpResponse(status=204)
    return render(request, "cases/case.html", case_screen(request, opened_case(request, case_id)))


@for_radiologists
@require_POST
def next_case(request: HttpRequest) -> HttpResponse:
    """Take the next case."""
    return next_or_worklist(request, otherwise=gettext("Nothing waits to be read."))


@for_radiologists
@require_POST
@tells_refusals
def claim_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take this case; what was typed before it was lost comes along."""
    found = services.claim(case=visible_case(request, case_id), by=person(request))
    if "comment" not in request.POST:
        return redirect("case", case_id)
    typed = request.POST.copy()
    typed["version"] = str(found.version)
    return case_page(request, visible_case(request, case_id), ReadingForm(typed))


@for_roles("radiologist", "administrator")
@require_POST
@tells_refusals
def release_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give a case back; an administrator takes it from its reader."""
    found = visible_case(request, case_id)
    reason = "released" if found.claimed_by_id == request.user.pk else "taken_over"
    services.release(case=found, by=person(request), reason=reason)
    messages.success(request, gettext("%(case)s is back in the worklist.") % {"case": found.number})
    return redirect("worklist") if reason == "released" else redirect("case", case_id)


@for_radiologists
@require_POST
@tells_refusals
def score_case_anyway(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ask the model in spite of the gate."""
    found = visible_case(request, case_id)
    score_anyway(case=found, by=person(request), reason=request.POST.get("reason", ""))
    messages.success(request, gettext("%(case)s is given to the model.") % {"case": found.number})
    return redirect("case", case_id)


@for_radiologists
@require_POST
@tells_refusals
def skip_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give this case back and take the next one."""
    found = visible_case(request, case_id)
    taken = services.skip(case=found, by=person(request), besides=skipped.ids(request))
    skipped.add(request, case_id)
    if taken is not None:
        return redirect("case", taken.pk)
    skipped.forget(request)
    messages.info(request, gettext("Nothing else waits; %(case)s is back in the worklist.") % {"case": found.number})
    return redirect("worklist")


@for_radiologists
@require_POST
def keep_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """A sign of life from the open page: 200 with the lease's end, or 409 with the sentence to show."""
    found = visible_case(request, case_id)
    end = services.keep(case=found, by=person(request))
    if end is not None:
        return yours_until(end)
    return JsonResponse({"message": _why_lost(found)}, status=409)


def _why_lost(found: Case) -> str:
    if found.claimed_by is not None:
        name = found.claimed_by.full_name
        return gettext("%(name)s has this case in hand now. Your text is still here.") % {"name": name}
    if found.state in rules.FINAL:
        return gettext("This case has been signed in the meantime. Your text is still here.")
    return gettext("This case is no longer yours: it went back to the worklist. Your text is still here.")


@for_radiologists
@require_POST
def read_case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Save a reading without signing it."""
    found = visible_case(request, case_id)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            services.save_reading(case=found, by=person(request), **form.words)
            return _saved(request, case_id)
        except services.Conflict as conflict:
            return conflict_page(request, conflict, form)
        except rules.RuleBroken as error:
            form.refuse(error)
    if wants_json(request):
        return JsonResponse({"message": " ".join(_errors(form))}, status=REFUSED)
    return case_page(request, found, form, status=REFUSED)


def _saved(request: HttpRequest, case_id: int) -> HttpResponse:
    sentence = gettext("Saved; not signed yet.")
    if wants_json(request):
        return JsonResponse({"message": sentence, "version": visible_case(request, case_id).version})
    messages.success(request, sentence)
    return redirect("case", case_id)


def _errors(form: ReadingForm) -> list[str]:
    return [str(error) for rows in form.errors.values() for error in rows]
