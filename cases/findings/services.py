"""The list of words for findings; administrators alone write it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cases import events, rules
from cases.models import FindingTerm, User

FIELDS = ("kind", "code", "name_en", "name_ko", "place", "retired")


def add_term(*, by: User, **values: Any) -> FindingTerm:
    """Add a word.

    Args:
        values: fields of FindingTerm by name.

    Raises:
        RuleBroken: `not_your_role`.
        ValidationError: a name is missing, or the code is there already.
    """
    return _written(FindingTerm(), by, values)


def change_term(*, term: FindingTerm, by: User, **values: Any) -> FindingTerm:
    """Change names, place, or whether it is retired. Kind and code stay: readings name the word by them.

    Raises:
        RuleBroken: `not_your_role`.
        ValidationError: a name is missing.
    """
    kept = {name: value for name, value in values.items() if name not in ("kind", "code")}
    with transaction.atomic():
        return _written(FindingTerm.objects.select_for_update().get(pk=term.pk), by, kept)


def _written(term: FindingTerm, by: User, values: dict[str, Any]) -> FindingTerm:
    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role")
    changes = events.changes_of(term, values)
    with transaction.atomic():
        for name in changes:
            setattr(term, name, values[name])
        term.full_clean()
        if changes:
            term.save()
            events.record("finding_term_written", by=by, kind=term.kind, code=term.code, changes=changes)
    return term
