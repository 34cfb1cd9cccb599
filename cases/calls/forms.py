"""What is typed about a call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import CriticalResult
from cases.models.calls import HOW_NAMES

MINUTE = "%Y-%m-%dT%H:%M"


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTE)
    return forms.DateTimeField(label=label, widget=widget, **more)


class FindingForm(forms.Form):
    """What was found, and when."""

    finding = forms.CharField(label=_("Finding"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    found_at = _moment(_("Found when"))

    @classmethod
    def now(cls) -> FindingForm:
        """An empty form with the present minute."""
        return cls(initial={"found_at": this_minute()})


class CallForm(forms.Form):
    """Who told whom, when and how; what is not known yet stays empty."""

    called_by = forms.CharField(label=_("Called by"), max_length=120, required=False)
    received_by = forms.CharField(label=_("Received by"), max_length=120, required=False)
    received_at = _moment(_("Received when"), required=False)
    how = forms.ChoiceField(label=_("How"), choices=[("", "–"), *HOW_NAMES.items()], required=False)

    @classmethod
    def showing(cls, call: CriticalResult, caller: str) -> CallForm:
        """What is known; the person in front of the page as the caller where nobody is named."""
        known = {name: getattr(call, name) for name in ("received_by", "received_at", "how")}
        return cls(initial={**known, "called_by": call.called_by or caller}, prefix=f"call-{call.pk}")


def this_minute() -> Any:
    """Now at the site, without seconds."""
    return timezone.localtime().replace(second=0, microsecond=0)
