"""The columns of the worklist: their heads, what each sorts by, and which of them a person wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import NullIf
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import rules
from cases.blind.eyes import Side

OPEN = sorted(rules.BEFORE_READING | rules.IN_HAND)
_WAITING_SINCE = Case(When(state__in=OPEN, then=F("received_at")), default=None)


def _known(name: str) -> NullIf:
    return NullIf(F(name), Value(""))


@dataclass(frozen=True)
class Column:
    """One column: `first` is what it sorts by, `then` settles ties; `backwards` where more of it is less of `first`.

    `of` is the side of a case that it tells of, which may be kept from who asks (cases/blind).
    """

    code: str
    label: str | Promise
    first: Any
    then: tuple[str, ...] = ("received_at", "pk")
    backwards: bool = False
    of: Side = ""

    def order(self, *, descending: bool, kept: Q | None = None) -> list[Any]:
        """For order_by: what is not known comes last, whichever way round; what is kept back is not known."""
        down = descending != self.backwards
        first = self.first if kept is None else Case(When(kept, then=None), default=self.first)
        return [first.desc(nulls_last=True) if down else first.asc(nulls_last=True), *self.then]


ALL = (
    Column("number", _("Case"), F("pk"), ()),
    Column("state", _("State"), F("state")),
    Column("priority", _("Priority"), F("priority_rank")),
    Column("arrival", _("Arrival"), F("received_at"), ("pk",)),
    Column("waiting", _("Waiting"), _WAITING_SINCE, ("pk",), backwards=True),
    Column("patient", _("Patient"), _known("patient_order"), ("pk",)),
    Column("age", _("Age"), F("age_months")),
    Column("sex", _("Sex"), _known("sex")),
    Column("reader", _("Reader"), _known("reader_name"), of="reading"),
    Column("band", _("Band"), Case(When(top_probability=None, then=None), default=F("band_rank")), of="model"),
    Column("probability", _("Score"), F("top_probability"), of="model"),
    Column("model", _("Model"), F("model_version"), of="model"),
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
