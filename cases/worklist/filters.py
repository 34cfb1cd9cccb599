"""What of the worklist is asked for: read from the address, written back into it. Nothing of a patient is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import rules
from cases.models.patients import BAND_NAMES, PRIORITY_NAMES

# code: (words, the states it stands for); "" is what the page opens with
GROUPS = {
    "": (_("Open"), rules.BEFORE_READING | rules.IN_HAND),
    "waiting": (_("Waiting for a reader"), rules.READABLE),
    "on_the_way": (_("On the way"), rules.IN_PROGRESS),
    "in_hand": (_("In hand"), rules.IN_HAND),
    "failed": (pgettext_lazy("several cases", "Failed"), frozenset({rules.State.FAILED})),
    "not_scored": (pgettext_lazy("several cases", "Not scored"), frozenset({rules.State.NOT_SCORED})),
    "signed": (pgettext_lazy("several cases", "Signed"), rules.FINAL),
    "withdrawn": (_("Withdrawn or cancelled"), rules.WITHDRAWN),
    "all": (_("All"), frozenset(rules.State)),
}
GROUP_NAMES = [(code, words) for code, (words, _states) in GROUPS.items()]
PRIORITIES = {"": _("Any priority"), **PRIORITY_NAMES}
BANDS = {"": _("Any band"), **BAND_NAMES, "none": _("no result")}
SORTS = {
    "number": ("pk",),
    "state": ("state", "received_at"),
    "priority": ("priority_rank", "received_at"),
    "arrival": ("received_at", "pk"),
    "patient": ("patient__name", "patient__patient_id", "pk"),
    "age": ("patient__birth_date", "pk"),
    "probability": ("top_probability", "received_at"),
    "reader": ("claimed_by__username", "received_at"),
}
# What the table's heads say; a column without a key has no order of its own.
COLUMNS = (
    (_("Case"), "number"),
    (_("State"), "state"),
    (_("Priority"), "priority"),
    (_("Arrival"), "arrival"),
    (_("Patient"), "patient"),
    (_("Age, sex"), "age"),
    (_("Reader"), "reader"),
    (_("Probability"), "probability"),
    (_("Model"), ""),
    (_("Notes"), ""),
)


@dataclass(frozen=True)
class Head:
    """One head of the table."""

    label: Any
    query: str
    sorted: str
    sortable: bool


@dataclass(frozen=True)
class Filters:
    """One state of all filters; an unknown value reads as none.

    Attributes:
        state: a key of GROUPS.
        priority, band: keys of PRIORITIES and BANDS.
        mine: "1": only cases that I have in hand, or brought in.
        sort: a key of SORTS, with "-" before it the other way round; "" is the reading order.
    """

    state: str = ""
    priority: str = ""
    band: str = ""
    mine: str = ""
    sort: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Filters:
        """From the address of a page (request.GET)."""
        known = {"state": GROUPS, "priority": PRIORITIES, "band": BANDS, "mine": ("", "1")}
        chosen = {name: values.get(name, "") for name in known if values.get(name, "") in known[name]}
        sort = values.get("sort", "")
        return cls(**chosen, sort=sort if sort.removeprefix("-") in SORTS else "")

    def query(self, **changes: str) -> str:
        """As it stands in an address, with some of it changed; all the rest stays."""
        changed = replace(self, **changes)
        pairs = ((field.name, getattr(changed, field.name)) for field in fields(self))
        return urlencode([(name, value) for name, value in pairs if value])

    @property
    def states(self) -> frozenset[rules.State]:
        """The states that are asked for."""
        return GROUPS[self.state][1]

    def heads(self) -> list[Head]:
        """The table's heads; a click leads up, then down, then to the reading order again."""
        return [Head(label, self._toward(key), self._sorted_by(key), bool(key)) for label, key in COLUMNS]

    def _sorted_by(self, column: str) -> str:
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort, "") if column else ""

    def _toward(self, column: str) -> str:
        following = {column: f"-{column}", f"-{column}": ""}.get(self.sort, column)
        return self.query(sort=following)
