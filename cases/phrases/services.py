"""Writing phrases: administrators write the site's templates, readers their own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.utils.translation import get_language

from cases import events, rules
from cases.models import Phrase, User

MOST = 50  # of one's own
TEMPLATE_FIELDS = ("name", "text", "verdict", "language", "place", "retired")


def phrases_for(user: User) -> QuerySet[Phrase]:
    """What this reader is offered: the own phrases, then the templates that are not retired.

    Of the templates those in another language than the page's come last.
    """
    offered = Phrase.objects.filter(Q(owner=user) | Q(owner=None, retired=False))
    read_here = Q(language__in=["", (get_language() or "")[:2]])
    foreign = Case(When(read_here, then=0), default=1, output_field=IntegerField())
    return offered.order_by(F("owner_id").asc(nulls_last=True), foreign, "place", "pk")


def keep_phrase(*, by: User, name: str, text: str, verdict: str = "", phrase: Phrase | None = None) -> Phrase:
    """Add a phrase of one's own, or change it.

    Raises:
        RuleBroken: `not_your_role`, `not_your_phrase`, `phrases_too_many`.
        ValidationError: no name, no text, or too long.
    """
    _check_reader(by)
    with transaction.atomic():
        if phrase is None:
            _check_room(by)
            phrase = Phrase(owner=by)
        _check_own(phrase, by)
        phrase.name, phrase.text, phrase.verdict = name.strip(), text.strip(), verdict
        phrase.full_clean()
        phrase.save()
        events.record("phrase_kept", by=by, stream=f"user:{by.pk}", phrase=phrase.pk)
    return phrase


def drop_phrase(*, phrase: Phrase, by: User) -> None:
    """Take away a phrase of one's own; texts that it was put into stay as they are.

    Raises:
        RuleBroken: `not_your_role`, `not_your_phrase`.
    """
    _check_reader(by)
    _check_own(phrase, by)
    with transaction.atomic():
        events.record("phrase_dropped", by=by, stream=f"user:{by.pk}", phrase=phrase.pk)
        phrase.delete()


def _check_reader(by: User) -> None:
    if by.role != rules.Role.RADIOLOGIST:
        raise rules.RuleBroken("not_your_role")


def _check_own(phrase: Phrase, by: User) -> None:
    if phrase.owner_id != by.pk:
        raise rules.RuleBroken("not_your_phrase")


def _check_room(by: User) -> None:
    if Phrase.objects.filter(owner=by).count() >= MOST:
        raise rules.RuleBroken("phrases_too_many")


def write_template(*, by: User, template: Phrase | None = None, **values: Any) -> Phrase:
    """Add or change a template of the site.

    Args:
        values: of TEMPLATE_FIELDS.

    Raises:
        RuleBroken: `not_your_role`; `not_your_phrase`: it is a reader's own.
        ValidationError: no name, no text, or too long.
    """
    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role")
    with transaction.atomic():
        row = Phrase.objects.select_for_update().get(pk=template.pk) if template else Phrase()
        if row.owner_id is not None:
            raise rules.RuleBroken("not_your_phrase")
        changes = events.changes_of(row, {name: values[name] for name in TEMPLATE_FIELDS if name in values})
        for name, change in changes.items():
            setattr(row, name, change["new"])
        row.full_clean()
        if changes:
            row.save()
            events.record("template_written", by=by, phrase=row.pk, changes=changes)
    return row
