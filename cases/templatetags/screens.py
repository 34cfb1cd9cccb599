"""What templates need to show a state, a priority, a band or a probability: word, shape and tone together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.models.patients import BAND_NAMES, PRIORITY_NAMES, STATE_NAMES
from cases.names import shown_name
from cases.navigation import NavItem, navigation_for

register = template.Library()

# code: (symbol in cases/_symbols.html, tone in parts.css). A colour never stands alone.
STATE_LOOKS = {
    "received": ("clock", "quiet"),
    "checking": ("search", "quiet"),
    "queued": ("clock", "quiet"),
    "scoring": ("wave", "info"),
    "ready": ("circle-full", "accent"),
    "claimed": ("person", "info"),
    "read": ("pen", "warning"),
    "signed": ("lock", "ok"),
    "amended": ("lock-plus", "ok"),
    "failed": ("octagon", "danger"),
    "not_scored": ("circle-slash", "warning"),
    "rejected": ("cross", "quiet"),
    "cancelled": ("cross", "quiet"),
}
PRIORITY_LOOKS = {"urgent": ("chevrons-up", "danger"), "normal": ("dash", "quiet"), "low": ("chevron-down", "quiet")}
BAND_LOOKS = {
    "likely": ("diamond", "likely"),
    "uncertain": ("half", "uncertain"),
    "unlikely": ("ring", "unlikely"),
    "": ("dash", "quiet"),
}
NO_RESULT = _("no result")


@dataclass(frozen=True)
class Look:
    """How a code is shown."""

    symbol: str
    tone: str
    word: str | Promise


@register.filter
def state_look(code: str) -> Look:
    """The look of a case's state."""
    return Look(*STATE_LOOKS[code], STATE_NAMES[code])


@register.filter
def priority_look(code: str) -> Look:
    """The look of a human priority."""
    return Look(*PRIORITY_LOOKS[code], PRIORITY_NAMES[code])


@register.filter
def band_look(code: str | None) -> Look:
    """The look of a band; nothing known is "no result", which is not "unlikely"."""
    return Look(*BAND_LOOKS[code or ""], BAND_NAMES.get(code or "", NO_RESULT))


@register.filter
def person_name(stored: str) -> str:
    """A patient's name in the spelling that fits the page's language."""
    return shown_name(stored, get_language() or "en")


@register.filter
def percent(value: float) -> str:
    """A share in [0, 1] as an SVG length such as "82.3%", the same in every language."""
    return f"{100 * value:.1f}%"


@register.filter
def percent_up_to(start: float, end: float) -> str:
    """The distance between two shares as an SVG length."""
    return percent(max(end - start, 0.0))


@register.simple_tag
def figure(probability: float, thresholds: Mapping[str, float] | None = None) -> str:
    """A probability as people read it: two decimals, more where two would put it on the wrong side of a threshold.

    Never "0.00" or "1.00": no network is that sure.
    """
    if probability < 0.005:
        return "< 0.01"
    if probability > 0.995:
        return "> 0.99"
    decimals = 2
    while decimals < 6 and any(_misleads(probability, limit, decimals) for limit in (thresholds or {}).values()):
        decimals += 1
    return f"{probability:.{decimals}f}"


def _misleads(probability: float, threshold: float, decimals: int) -> bool:
    """Whether the rounded figure lies on another side of the (shown) threshold than the probability does."""
    shown, limit = round(probability, decimals), round(threshold, 2)
    return (shown >= limit) != (probability >= threshold)


@register.simple_tag
def symbol(name: str, label: str = "") -> SafeString:
    """A symbol of cases/_symbols.html; silent for screen readers unless a label is given."""
    if label:
        return format_html('<svg class="symbol" role="img" aria-label="{}"><use href="#s-{}"/></svg>', label, name)
    return format_html('<svg class="symbol" aria-hidden="true"><use href="#s-{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def navigation(context: Mapping[str, Any]) -> list[NavItem]:
    """The pages that the person who asks may open."""
    request = context.get("request")
    user = getattr(request, "user", None)
    return navigation_for(user, request.path) if request is not None and user is not None else []
