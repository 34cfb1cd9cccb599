"""How many cases there are of each kind that a person may see: for header, saved views and the title of the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, QuerySet, Value
from django.utils.translation import gettext

from cases import rules
from cases.models import Case, CriticalResult, User
from cases.worklist.conditions import DIFFERS, mine

URGENT = rules.PRIORITY_RANK[rules.Priority.URGENT]


@dataclass(frozen=True)
class Counts:
    """Open cases by state; of them those called urgent, those in the middle band, and by who has them in hand.

    `calls`: critical results that the person is reminded of.
    """

    states: dict[str, int]
    urgent: int
    uncertain: int
    in_hand_of: dict[int, int]
    calls: int = 0

    def of(self, states: frozenset[rules.State]) -> int:
        """How many are in one of these states."""
        return sum(self.states.get(state, 0) for state in states)

    @property
    def waiting(self) -> int:
        """Cases that wait for a reader, failed and not scored ones among them."""
        return self.of(rules.READABLE)

    @property
    def failed(self) -> int:
        """Cases without a result for a technical reason."""
        return self.of(frozenset({rules.State.FAILED}))


def queue_counts(user: User) -> Counts:
    """Counts of the open cases, in one query. The header shows them on every page that passes them as `counts`."""
    states: Counter[str] = Counter()
    in_hand: Counter[int] = Counter()
    urgent = uncertain = calls = 0
    groups = Case.objects.visible_to(user).in_queue().order_by()
    kinds = groups.values_list("state", "priority_rank", "band", "claimed_by")
    for state, rank, band, reader, number in kinds.annotate(number=Count("pk")).union(_calls(user), all=True):
        if state == "open":
            calls = number
            continue
        states[state] += number
        if reader is not None:
            in_hand[reader] += number
        if state in rules.READABLE:
            urgent += number if rank == URGENT else 0
            uncertain += number if band == "uncertain" else 0
    return Counts(dict(states), urgent=urgent, uncertain=uncertain, in_hand_of=dict(in_hand), calls=calls)


def _calls(user: User) -> QuerySet[CriticalResult, tuple[str, int, str, int | None, int]]:
    """The person's open calls as one more group, so that the header needs no query of its own here."""
    rows = CriticalResult.objects.nagging(user).order_by().values("state").annotate(number=Count("pk"))
    nobody = Value(None, output_field=BigIntegerField())
    return rows.values_list("state", Value(0), Value(""), nobody, "number")


def differing(user: User) -> int:
    """How many signed cases there are whose verdict contradicts the model's band."""
    return Case.objects.visible_to(user).filter(DIFFERS, state__in=sorted(rules.FINAL)).count()


def mine_among(counts: Counts, user: User) -> int:
    """How many open cases are this person's: a reader's are in the counts, others brought some in."""
    if user.role == rules.Role.RADIOLOGIST:
        return counts.in_hand_of.get(user.pk, 0)
    return Case.objects.visible_to(user).in_queue().filter(mine(user)).count()


def page_title(counts: Counts) -> str:
    """The counts for the browser's tab: "12 waiting, 3 urgent, 1 failed", without those that are 0."""
    parts = [gettext("%(n)d waiting") % {"n": counts.waiting}]
    if counts.urgent:
        parts.append(gettext("%(n)d urgent") % {"n": counts.urgent})
    if counts.failed:
        parts.append(gettext("%(n)d failed") % {"n": counts.failed})
    return ", ".join(parts)
