"""The columns of the worklist: their heads, what each sorts by, and which of them a person wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Value, When
from django.db.models.functions import NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import rules

OPEN = sorted(rules.BEFORE_READING | rules.IN_HAND)
_WAITING_SINCE = Case(When(state__in=OPEN, then=F("received_at")), default=None)


def _known(name: str) -> NullIf:
    return NullIf(F(name), Value(""))


@dataclass(frozen=True)
class Column:
    """One column: `first` is what it sorts by, `then` settles ties; `backwards` where more of it is less of `first`."""

    code: str
    label: str | Promise
    first: Any
    then: tuple[str, ...] = ("received_at", "pk")
    backwards: bool = False

    def order(self, *, descending: bool) -> list[Any]:
        """For order_by: what is not known comes last, whichever way round."""
        down = descending != self.backwards
        return [self.first.desc(nulls_last=True) if down else self.first.asc(nulls_last=True), *self.then]


ALL = (
    Column("number", _("Case"), F("pk"), ()),
    Column("state", _("State"), F("state")),
    Column("priority", _("Priority"), F("priority_rank")),
    Column("arrival", _("Arrival"), F("received_at"), ("pk",)),
    Column("waiting", _("Waiting"), _WAITING_SINCE, ("pk",), backwards=True),
    Column("patient", _("Patient"), _known("patient_order"), ("pk",)),
    Column("age", _("Age"), F("age_months")),
    Column("sex", _("Sex"), _known("sex")),
    Column("reader", _("Reader"), _known("reader_name")),
    Column("band", _("Band"), Case(When(top_probability=None, then=None), default=F("band_rank"))),
    Column("probability", _("Score"), F("top_probability")),
    Column("model", _("Model"), F("model_version")),
    Column("notes", _("Notes"), NullIf(F("flags"), Value(0))),
)
BY_CODE = {column.code: column for column in ALL}
ALWAYS = frozenset({"number", "state"})
TOGETHER = frozenset({"probability", "model"})  # a score never goes without its version and thresholds
CHOICES = tuple(column for column in ALL if column.code not in ALWAYS | {"model"})


def chosen(codes: Iterable[str]) -> tuple[Column, ...]:
    """The columns of a person who has chosen these; nobody's choice is all of them."""
    wanted = set(codes) & set(BY_CODE)
    if not wanted:
        return ALL
    if wanted & TOGETHER:
        wanted |= TOGETHER
    return tuple(column for column in ALL if column.code in wanted | ALWAYS)
