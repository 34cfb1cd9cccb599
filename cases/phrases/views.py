"""A reader's own phrases: one page to see, add, change and drop them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.access import for_radiologists
from cases.models import Phrase
from cases.phrases import services
from cases.reading.answers import REFUSED, person
from cases.rules import RuleBroken
from cases.wording import rule_sentence


class PhraseForm(forms.ModelForm):  # type: ignore[type-arg]
    """One phrase of one's own."""

    class Meta:
        model = Phrase
        fields = ("name", "text", "verdict")
        widgets = {"text": forms.Textarea({"rows": 3})}
        labels = {"verdict": _("Offered only with this verdict")}


@for_radiologists
@require_http_methods(["GET", "HEAD", "POST"])
def phrases(request: HttpRequest, phrase_id: int | None = None) -> HttpResponse:
    """All that this reader is offered, and a form for one phrase: a new one, or the one that is named."""
    mine = Phrase.objects.filter(owner=person(request))
    chosen = get_object_or_404(mine, pk=phrase_id) if phrase_id else None
    form = PhraseForm(request.POST or None, instance=chosen)
    if request.method == "POST" and form.is_valid():
        refused = _kept(request, form, chosen)
        if refused is None:
            return redirect("phrases")
        form.add_error(None, refused)
    status = REFUSED if request.method == "POST" else 200
    return render(request, "cases/phrases.html", _context(request, form, chosen), status=status)


def _context(request: HttpRequest, form: PhraseForm, chosen: Phrase | None) -> dict[str, Any]:
    rows = list(services.phrases_for(person(request)))
    own = [row for row in rows if row.owner_id]
    return {"own": own, "templates": [row for row in rows if not row.owner_id], "form": form, "chosen": chosen}


def _kept(request: HttpRequest, form: PhraseForm, chosen: Phrase | None) -> str | None:
    """None where it went well, else why not."""
    row = Phrase.objects.get(pk=chosen.pk) if chosen else None
    try:
        services.keep_phrase(by=person(request), phrase=row, **form.cleaned_data)
    except RuleBroken as error:
        return rule_sentence(error)
    messages.success(request, gettext("The phrase is kept."))
    return None


@for_radiologists
@require_POST
def drop(request: HttpRequest, phrase_id: int) -> HttpResponse:
    """Take a phrase away."""
    phrase = get_object_or_404(Phrase, pk=phrase_id, owner=person(request))
    services.drop_phrase(phrase=phrase, by=person(request))
    messages.success(request, gettext("The phrase is gone."))
    return redirect("phrases")
