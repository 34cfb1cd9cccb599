"""Reminders of critical results whose call is not complete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from cases.blind.eyes import sees_reading
from cases.models import Case, CriticalResult

register = template.Library()
MAY_LOOK = ("radiologist", "administrator")


@register.simple_tag(takes_context=True)
def reminders(context: Mapping[str, Any]) -> int:
    """How many calls the person in front of the page is reminded of; a view that has counted says `calls_open`."""
    if "calls_open" in context:
        return int(context["calls_open"])
    user = getattr(context.get("request"), "user", None)
    return CriticalResult.objects.nagging(user).count() if getattr(user, "role", "") in MAY_LOOK else 0


@register.simple_tag(takes_context=True)
def calls_of(context: Mapping[str, Any], case: Case) -> list[CriticalResult]:
    """The calls of a case that are not withdrawn, for those who may look at the log."""
    user = getattr(context.get("request"), "user", None)
    if getattr(user, "role", "") not in MAY_LOOK:
        return []
    found = case.critical_results.exclude(state="withdrawn").order_by("pk")
    return list(found if sees_reading(case, user) else found.filter(opened_by=user))
