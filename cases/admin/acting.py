"""What admin actions share: a service for each chosen row, a question before, a sentence after."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.reading.services import Conflict
from cases.rules import RuleBroken
from cases.wording import rule_sentence

CONFIRMED = "confirmed"
SENTENCES = 10  # one by one; the rest is counted


def act_on_each(request: HttpRequest, rows: Iterable[Any], service: Callable[[Any], Any], done: str) -> None:
    """Call a service with each row; a rule that refuses one is said, and the rest go on.

    Args:
        done: what is said of those that went well, with a place for `count`.
    """
    count, refused = 0, []
    for row in rows:
        try:
            service(row)
            count += 1
        except RuleBroken as error:
            refused.append(f"{row}: {rule_sentence(error)}")
        except Conflict:
            refused.append(f"{row}: {rule_sentence(RuleBroken('wrong_state'))}")
    for sentence in refused[:SENTENCES]:
        messages.warning(request, sentence)
    if len(refused) > SENTENCES:
        messages.warning(request, _("Refused as well: %(count)s") % {"count": len(refused) - SENTENCES})
    if count:
        messages.success(request, done % {"count": count})


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), min_length=3, max_length=500, widget=forms.Textarea({"rows": 3})
    )


def answered(request: HttpRequest, form: type[forms.Form]) -> forms.Form:
    """The form of the page in between: empty at first, bound when the person has answered."""
    return form(request.POST if CONFIRMED in request.POST else None)


def ask(
    request: HttpRequest, model_admin: ModelAdmin[Any], rows: QuerySet[Any], form: forms.Form, *, title: str, text: str
) -> TemplateResponse:
    """The page in between: what is about to happen, to which rows, and the form."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "text": text,
        "form": form,
        "opts": model_admin.opts,
        "rows": list(rows[:20]),
        "count": rows.count(),
        "hidden": _what_was_chosen(request),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/cases/ask.html", context)


def _what_was_chosen(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields that name the action and its rows, to be sent once more with the answer."""
    names = (ACTION_CHECKBOX_NAME, "action", "select_across")
    return [(name, value) for name in names for value in request.POST.getlist(name)] + [(CONFIRMED, "yes")]
