"""Answers that several views of this wing give: refusals with what was typed kept, and where to go next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from cases import rules
from cases.access import visible_case
from cases.blind.eyes import eyes_on
from cases.models import Case, Reading, User
from cases.reading import queries, skipped
from cases.reading.forms import AmendForm, ReadingForm
from cases.reading.screen import case_screen, may
from cases.reading.services import Conflict, claim_next, note_opening
from cases.wording import rule_sentence

REFUSED = 422  # understood, and not possible as it stands: the page comes back with what was typed
View = Callable[..., HttpResponse]


def person(request: HttpRequest) -> User:
    """Who asks, behind a role check."""
    return cast(User, request.user)


def opened_case(request: HttpRequest, case_id: int) -> Case:
    """A case that this person looks at; looking is an event."""
    case = visible_case(request, case_id)
    note_opening(case=case, by=person(request))
    return case


def is_prefetch(request: HttpRequest) -> bool:
    """Whether a browser fetches the page before anybody asked for it."""
    said = [request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz")]
    return any("prefetch" in value or "prerender" in value for value in said)


def wants_json(request: HttpRequest) -> bool:
    """Whether a script of the page asks, and goes on by itself."""
    return request.headers.get("Accept", "").startswith("application/json")


def yours_until(end: datetime) -> JsonResponse:
    """The answer to a sign of life."""
    until = date_format(timezone.localtime(end), "H:i")
    return JsonResponse({"message": gettext("Yours until %(time)s") % {"time": until}})


def tells_refusals(view: View) -> View:
    """For buttons without a form: a broken rule or a conflict becomes a sentence on the case page."""

    @wraps(view)
    def telling(request: HttpRequest, case_id: int) -> HttpResponse:
        try:
            return view(request, case_id)
        except rules.RuleBroken as error:
            messages.error(request, rule_sentence(error))
        except Conflict as conflict:
            messages.warning(request, conflict_sentence(conflict, request.user))
        return redirect("case", case_id)

    return telling


def next_or_worklist(request: HttpRequest, *, otherwise: str) -> HttpResponse:
    """The next case, claimed; back to the worklist with a sentence where nothing waits."""
    case = claim_next(by=person(request), besides=skipped.ids(request))
    if case is not None:
        return redirect("case", case.pk)
    if skipped.forget(request):
        otherwise = gettext("Nothing else waits. What you skipped comes again with the next case.")
    messages.info(request, otherwise)
    return redirect("worklist")


def case_page(request: HttpRequest, case: Case, form: ReadingForm, *, status: int = 200) -> HttpResponse:
    """The case page with what was typed."""
    return render(request, "cases/case.html", case_screen(request, case, form=form), status=status)


def conflict_sentence(conflict: Conflict, user: Any) -> str:
    """Who was first, in a sentence."""
    case, who = conflict.case, conflict.who
    if not eyes_on(case, user).sees_reading(case):
        return rule_sentence(rules.RuleBroken("reading_kept_back"))
    if case.state in rules.FINAL:
        name = who.full_name if who else "?"
        return gettext("%(name)s has signed this case in the meantime.") % {"name": name}
    if who is None:
        return gettext("Your claim on this case has ended, and the case has moved on.")
    if who.pk == user.pk:
        return gettext("You have changed this case in another window in the meantime.")
    return gettext("%(name)s has this case in hand now.") % {"name": who.full_name}


def _last_reading(case: Case) -> Reading | None:
    return case.readings.select_related("reader").order_by("-pk").first()


def conflict_page(request: HttpRequest, conflict: Conflict, form: ReadingForm) -> HttpResponse:
    """409: what stands now beside what was typed, with a way to go on; nothing of the text is lost."""
    sentence = conflict_sentence(conflict, request.user)
    if wants_json(request):
        return JsonResponse({"message": sentence}, status=409)
    case = visible_case(request, conflict.case.pk)
    sees = eyes_on(case, person(request))
    context = {
        "case": case,
        "sentence": sentence,
        "report": next(iter(queries.reports_of(case)), None) if sees.sees_reading(case) else None,
        "reading": _last_reading(case) if sees.sees_model(case) and sees.sees_reading(case) else None,
        "typed": form,
        "reason": form.data.get("reason", "") if isinstance(form, AmendForm) else "",
        "may": may(case, person(request)),
    }
    return render(request, "cases/conflict.html", context, status=409)
