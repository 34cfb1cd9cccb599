"""How many cases there are of each kind that a person may see: for header, saved views and the title of the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Func, IntegerField, Q, QuerySet, Value
from django.utils.translation import gettext

from cases import rules
from cases.blind.eyes import Eyes, eyes_of
from cases.models import Case, CriticalResult, User
from cases.models.patients import CaseQuerySet
from cases.selects import Select
from cases.worklist.conditions import DIFFERS, in_hand_anew, mine, to_read_anew

URGENT = rules.PRIORITY_RANK[rules.Priority.URGENT]


@dataclass(frozen=True)
class Counts:
    """Open cases by state; of them those called urgent, and those in the middle band.

    `differing`: signed cases whose verdict contradicts the model's band.
    """

    states: dict[str, int]
    urgent: int
    uncertain: int
    differing: int

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


def queue_counts(user: User, eyes: Eyes | None = None) -> Counts:
    """The counts in one query, as this person sees the cases.

    The header shows them on every page that passes them as `counts`.
    """
    eyes = eyes or eyes_of(user)
    states: Counter[str] = Counter()
    urgent = uncertain = 0
    seen = Case.objects.visible_to(user).order_by()
    # Counted in an index of their own, without a look at the rest.
    final = _told(Q(state__in=sorted(rules.FINAL)), eyes.kept("reading"))
    signed = [_by_state(seen.filter(differs, final), Value(0), Value(0)) for differs in DIFFERS]
    unsure = Count("pk", filter=_told(Q(band="uncertain"), eyes.kept("model")))
    for state, number, urgent_here, uncertain_here in _by_state(seen.in_queue(), _URGENT, unsure).union(
        *signed, all=True
    ):
        states[state] += number
        if state in rules.READABLE:
            urgent, uncertain = urgent + urgent_here, uncertain + uncertain_here
    differing = sum(states.pop(state, 0) for state in rules.FINAL)
    return Counts(dict(states), urgent=urgent, uncertain=uncertain, differing=differing)


_URGENT = Count("pk", filter=Q(priority_rank=URGENT))


def _told(these: Q, kept: Q | None) -> Q:
    return these if kept is None else these & ~kept


def _by_state(cases: CaseQuerySet, urgent: Any, uncertain: Any) -> CaseQuerySet:
    """Rows of state, number, how many of them are urgent, and how many uncertain."""
    told = {"number": Count("pk"), "urgent": urgent, "uncertain": uncertain}
    return cases.values("state").annotate(**told).values_list("state", *told)


@dataclass(frozen=True)
class OwnCounts:
    """What concerns one person.

    `mine`: open cases that are this person's, and signed ones in hand for a further reading. `second`: signed cases
    that wait for another reader, who could be this one. `calls`: critical results that this person is reminded of.
    """

    mine: int
    second: int
    calls: int


def own_counts(user: User, eyes: Eyes) -> OwnCounts:
    """All of them in one query."""
    same_for_all = None if eyes.any_kept else NOTHING_KEPT.get(user.role)
    found = dict(same_for_all(user.pk) if same_for_all else _own(user, eyes))
    mine, anew, *others = (found.get(name, 0) for name in ("mine", "anew", "second", "calls"))
    return OwnCounts(mine + anew, *others)


def _own(user: User, eyes: Eyes) -> QuerySet[Any, Any]:
    """Rows of a name and how many there are."""
    seen = Case.objects.visible_to(user)
    kept = seen.exclude(kept_back="")  # said in this way, the small index of these cases answers
    anew = kept.filter(to_read_anew(user, eyes)) if eyes.any_kept else seen.none()
    calls = CriticalResult.objects.nagging(user)
    rows = [_counted("mine", seen.in_queue().filter(mine(user))), _counted("second", anew), _counted("calls", calls)]
    if eyes.any_kept:
        rows.append(_counted("anew", in_hand_anew(user)))
    return rows[0].union(*rows[1:], all=True)


def _counted(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """One row: the name, and how many there are; a count that does not group, so that it stands in a union."""
    number = Func(F("pk"), function="COUNT", output_field=IntegerField())
    return rows.order_by().values_list(Value(name), number)


def _nothing_kept(role: rules.Role) -> Select:
    eyes = Eyes(reads=role == rules.Role.RADIOLOGIST)
    return Select(lambda user_id: _own(User(pk=user_id, role=role), eyes))


# Every open page asks it after every change. What a radiographer sees depends on the day, too.
NOTHING_KEPT: dict[str, Select] = {role: _nothing_kept(role) for role in rules.SEE_ALL_CASES}


def page_title(counts: Counts) -> str:
    """The counts for the browser's tab: "12 waiting, 3 urgent, 1 failed", without those that are 0."""
    parts = [gettext("%(n)d waiting") % {"n": counts.waiting}]
    if counts.urgent:
        parts.append(gettext("%(n)d urgent") % {"n": counts.urgent})
    if counts.failed:
        parts.append(gettext("%(n)d failed") % {"n": counts.failed})
    return ", ".join(parts)
