"""Words for what a person said."""

from __future__ import annotations

from django import template

from cases.models.readings import VERDICT_NAMES

register = template.Library()


@register.filter
def verdict_word(code: str) -> str:
    """A verdict in the language of the page; a code that nobody knows stays as it is."""
    return str(VERDICT_NAMES.get(code, code))
