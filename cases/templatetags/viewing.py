"""What every page carries of its reader's keys and mouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def own_keys(context: Mapping[str, Any]) -> str:
    """JSON: the product's key to the own one; "{}" for who changed nothing, and for nobody."""
    return json.dumps(_kept(context).get("keys", {}))


@register.simple_tag(takes_context=True)
def own_mouse(context: Mapping[str, Any]) -> dict[str, str]:
    """Habits of the mouse that are not the usual ones."""
    return dict(_kept(context).get("mouse", {}))


def _kept(context: Mapping[str, Any]) -> Mapping[str, Any]:
    user = getattr(context.get("request"), "user", None)
    return getattr(user, "workstation", None) or {}
