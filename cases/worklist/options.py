"""What the filters of the worklist can be set to: who reads, and which model versions there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, Trim
from django.utils.translation import gettext

from cases import rules
from cases.models import ModelVersion, User
from cases.worklist.filters import BANDS, FLAGS, NOBODY, PRIORITIES, SEXES, STATES

_TEXT = CharField()


def options() -> dict[str, Any]:
    """The choices by the name of their filter, in the page's language; one query."""
    readers = User.objects.filter(role=rules.Role.RADIOLOGIST).annotate(said=_name())
    versions = ModelVersion.objects.annotate(said=Concat("name", Value(" "), "version")).order_by()
    found = _named("reader", readers, "username").union(_named("version", versions, Cast("pk", _TEXT)), all=True)
    named = sorted(found, key=lambda row: row[2])
    return {
        "states": STATES,
        "priorities": PRIORITIES,
        "bands": BANDS,
        "sexes": SEXES,
        "flags": FLAGS,
        "readers": {"": gettext("Any reader"), NOBODY: gettext("nobody"), **_of("reader", named)},
        "versions": {"": gettext("Any version"), **_of("version", named)},
    }


def _name() -> Case:
    full = Trim(Concat("first_name", Value(" "), "last_name"))
    return Case(When(first_name="", last_name="", then=F("username")), default=full)


def _named(kind: str, rows: QuerySet[Any], code: Any) -> QuerySet[Any, tuple[str, str, str]]:
    return rows.values_list(Value(kind), code, "said")


def _of(kind: str, named: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    return {code: words for of_kind, code, words in named if of_kind == kind}
