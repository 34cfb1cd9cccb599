"""The views that everybody has: a name, the filters it stands for, and how many cases are in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import rules
from cases.models import User
from cases.worklist.counts import Counts, OwnCounts
from cases.worklist.filters import Filters


@dataclass(frozen=True)
class SavedView:
    """One link above the list."""

    code: str
    name: str | Promise
    filters: Filters
    count: int
    current: bool


VIEWS: tuple[tuple[str, str | Promise, Filters], ...] = (
    ("open", _("Open"), Filters()),
    ("mine", pgettext_lazy("cases", "Mine"), Filters(mine="1")),
    ("urgent", pgettext_lazy("several cases", "Urgent"), Filters(state="waiting", priority="urgent")),
    ("uncertain", pgettext_lazy("several cases", "Uncertain"), Filters(state="waiting", band="uncertain")),
    ("differs", _("Disagreements"), Filters(state="signed", differs="1")),
    ("second", _("Second read"), Filters(state="signed", second="1")),
    ("failed", pgettext_lazy("several cases", "Failed"), Filters(state="failed")),
)


READERS_ONLY = {"second"}
NOT_FOR_SENDERS = {"differs", *READERS_ONLY}


def saved_views(user: User, filters: Filters, counts: Counts, own: OwnCounts) -> Sequence[SavedView]:
    """All that concern this person, with counts."""
    numbers = {
        "open": counts.of(rules.BEFORE_READING | rules.IN_HAND),
        "mine": own.mine,
        "urgent": counts.urgent,
        "uncertain": counts.uncertain,
        "differs": counts.differing,
        "second": own.second,
        "failed": counts.failed,
    }
    here = filters.without_order()
    hidden = {rules.Role.RADIOGRAPHER: NOT_FOR_SENDERS, rules.Role.ADMINISTRATOR: READERS_ONLY}
    left_out = hidden.get(rules.Role(user.role), set())
    return [
        SavedView(code, name, wanted, numbers[code], wanted == here)
        for code, name, wanted in VIEWS
        if code not in left_out
    ]
