"""What of the worklist is asked for: read from the address, written back into it. Nothing of a patient is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import rules
from cases.models.listed import NOTES, PHANTOM, QUESTION, SEVERAL
from cases.models.patients import BAND_NAMES, PRIORITY_NAMES
from cases.worklist.columns import ALL, BY_CODE, Column

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
STATES = {code: words for code, (words, _states) in GROUPS.items()}
PRIORITIES = {"": _("Any priority"), **PRIORITY_NAMES}
BANDS = {"": _("Any band"), **BAND_NAMES, "none": _("no result")}
SEXES = {"": _("Any sex"), "F": _("F"), "M": _("M"), "O": _("O"), "none": _("not known")}
FLAGS = {
    "": _("Any notes"),
    "overdue": _("waits too long"),
    "question": _("clinical question"),
    "scope": _("outside the model's scope"),
    "pictures": _("several pictures"),
    "phantom": _("phantom"),
}
FLAG_BITS = {"question": QUESTION, "scope": NOTES, "pictures": SEVERAL, "phantom": PHANTOM}
NOBODY = "-"  # as a reader: nobody has it, nobody signed it
Check = Callable[[str], bool]


def _one_of(known: Iterable[str]) -> Check:
    codes = frozenset(known)
    return lambda value: value in codes


def _matches(pattern: str) -> Check:
    return lambda value: re.fullmatch(pattern, value, re.ASCII) is not None


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_sort(value: str) -> bool:
    return value.removeprefix("-") in BY_CODE


# What each name of the address may say; anything else reads as nothing.
MAY_BE: Mapping[str, Check] = {
    "state": _one_of(GROUPS),
    "priority": _one_of(PRIORITIES),
    "band": _one_of(BANDS),
    "sex": _one_of(SEXES),
    "flag": _one_of(FLAGS),
    "mine": _one_of(["1"]),
    "differs": _one_of(["1"]),
    "second": _one_of(["1"]),
    "reader": lambda value: re.fullmatch(r"[\w.@+-]{1,150}", value) is not None,
    "model": _matches(r"\d{1,9}"),
    "age_from": _matches(r"\d{1,3}"),
    "age_to": _matches(r"\d{1,3}"),
    "score_from": _matches(r"0|1|[01]?\.\d{1,6}"),
    "score_to": _matches(r"0|1|[01]?\.\d{1,6}"),
    "since": _is_day,
    "until": _is_day,
    "waited": _matches(r"\d{1,5}"),
    "sort": _is_sort,
}


@dataclass(frozen=True)
class Head:
    """One head of the table."""

    code: str
    label: Any
    query: str
    sorted: str


@dataclass(frozen=True)
class Filters:
    """One state of all filters; an unknown value reads as none.

    Attributes:
        state, priority, band, sex, flag: keys of GROUPS, PRIORITIES, BANDS, SEXES, FLAGS.
        mine: "1": only cases that I have in hand, or brought in.
        differs: "1": the signed verdict and the model's band contradict each other.
        second: "1": signed, and waits for another reader, who could be the person who asks.
        reader: a user name, or NOBODY. model: the id of a model version.
        age_from, age_to: whole years, both included. score_from, score_to: 0 to 1, both included.
        since, until: days of arrival, both included. waited: minutes, at least.
        sort: the code of a column, with "-" before it the other way round; "" is the reading order.
    """

    state: str = ""
    priority: str = ""
    band: str = ""
    sex: str = ""
    flag: str = ""
    mine: str = ""
    differs: str = ""
    second: str = ""
    reader: str = ""
    model: str = ""
    age_from: str = ""
    age_to: str = ""
    score_from: str = ""
    score_to: str = ""
    since: str = ""
    until: str = ""
    waited: str = ""
    sort: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Filters:
        """From the address of a page (request.GET)."""
        said = {name: values.get(name, "").strip() for name in MAY_BE}
        return cls(**{name: value for name, value in said.items() if value and MAY_BE[name](value)})

    def query(self, **changes: str) -> str:
        """As it stands in an address, with some of it changed; all the rest stays."""
        return urlencode(replace(self, **changes).pairs)

    @property
    def states(self) -> frozenset[rules.State]:
        """The states that are asked for."""
        return GROUPS[self.state][1]

    @property
    def narrowing(self) -> dict[str, str]:
        """What is asked for beside state and order."""
        return {name: value for name, value in vars(self).items() if value and name not in ("state", "sort")}

    @property
    def is_in_reading_order(self) -> bool:
        """Whether these are open cases in the order in which they are to be read; others stand by their arrival."""
        return not self.sort and self.states <= GROUPS[""][1]

    def without_order(self) -> Filters:
        """The same cases in the reading order: what a saved view is compared with."""
        return replace(self, sort="")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is asked for, as a form sends it along."""
        return [(name, value) for name, value in vars(self).items() if value]

    def heads(self, columns: Iterable[Column] = ALL) -> list[Head]:
        """The table's heads; a click leads up, then down, then to the reading order again."""
        return [
            Head(column.code, column.label, self._toward(column.code), self._sorted_by(column.code))
            for column in columns
        ]

    def _sorted_by(self, column: str) -> str:
        return {column: "ascending", f"-{column}": "descending"}.get(self.sort, "")

    def _toward(self, column: str) -> str:
        following = {column: f"-{column}", f"-{column}": ""}.get(self.sort, column)
        return self.query(sort=following)
