"""The filters as conditions on cases. Each is about columns of the case alone: its one index answers all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from cases import rules
from cases.blind.eyes import SECOND, THIRD, Eyes, Side
from cases.models import Reading, SecondReading, User
from cases.models.listed import NOTES, PHANTOM, QUESTION, SEVERAL
from cases.models.patients import waits_too_long
from cases.worklist.columns import OPEN
from cases.worklist.filters import FLAG_BITS, NOBODY, Filters

EVERY_FLAG = QUESTION | NOTES | SEVERAL | PHANTOM
# Not joined to another case. Said in this way since only a cancelled case can be; the database would else begin there.
STANDS_ALONE = ~Q(state=rules.State.CANCELLED) | Q(joined_to=None)
# Cases where one of the two is surely wrong.
DIFFERS = (Q(verdict=rules.Verdict.PNEUMONIA, band="unlikely"), Q(verdict=rules.Verdict.NORMAL, band="likely"))


# What a filter looks at, which may be kept from who asks: a case whose side is kept back has nothing there.
LOOKS_AT: Mapping[str, Side] = {
    **dict.fromkeys(("band", "score_from", "score_to", "model"), "model"),
    **dict.fromkeys(("differs", "reader"), "reading"),
}
ASKS_FOR_NOTHING = {("band", "none"), ("reader", NOBODY)}


def condition(filters: Filters, user: User, eyes: Eyes) -> Q:
    """All filters together, as these eyes see the cases."""
    asked = Q(state__in=sorted(filters.states))
    if filters.mine and not filters.state:
        asked |= held_anew(user, eyes)
    if rules.State.CANCELLED in filters.states:
        asked &= STANDS_ALONE
    for name, value in filters.narrowing.items():
        asked &= _of_person(name, user, eyes) or _seen(name, value, eyes)
    return asked


def _of_person(name: str, user: User, eyes: Eyes) -> Q | None:
    if name == "mine":
        return mine(user) | held_anew(user, eyes)
    return to_read_anew(user, eyes) if name == "second" else None


def to_read_anew(user: User, eyes: Eyes) -> Q:
    """Cases that wait for a second or third reader, who could be this one; for who reads nothing, all of them."""
    waits = Q(kept_back__in=[SECOND, THIRD])
    if not eyes.reads:
        return waits
    spoken = Q(Exists(Reading.objects.filter(case=OuterRef("pk"), reader=user)), kept_back=SECOND)
    return waits & ~Q(pk__in=sorted(eyes.took_part)) & ~spoken


def in_hand_anew(user: User) -> QuerySet[SecondReading]:
    """The second and third readings that this person has in hand."""
    waiting = SecondReading.objects.filter(state__in=SecondReading.WAITING)
    return waiting.filter(claimed_by=user, lease_until__gt=timezone.now())


def held_anew(user: User, eyes: Eyes) -> Q:
    """Their cases, which are signed, and this person's as long as they are in hand."""
    held = list(in_hand_anew(user).values_list("case_id", flat=True)) if eyes.reads and eyes.any_kept else []
    return Q(pk__in=held)


def _seen(name: str, value: str, eyes: Eyes) -> Q:
    told, kept = CONDITIONS[name](value), eyes.kept(LOOKS_AT.get(name, ""))
    if kept is None:
        return told
    return told | kept if (name, value) in ASKS_FOR_NOTHING else told & ~kept


def mine(user: User) -> Q:
    """Cases that this person has in hand, or brought in, which readers do not."""
    return Q(claimed_by=user) if user.role == rules.Role.RADIOLOGIST else Q(claimed_by=user) | Q(opened_by=user)


def _flagged(value: str) -> Q:
    if value == "overdue":
        limit = waits_too_long()
        return limit & Q(state__in=sorted(rules.BEFORE_READING)) if limit else Q(pk__in=[])
    bit = FLAG_BITS[value]
    return Q(flags__in=[flags for flags in range(EVERY_FLAG + 1) if flags & bit])


def _midnight(day: str, days_later: int = 0) -> datetime:
    on = date.fromisoformat(day) + timedelta(days=days_later)
    return timezone.make_aware(datetime.combine(on, time.min))


def _waited(minutes: str) -> Q:
    return Q(received_at__lte=timezone.now() - timedelta(minutes=int(minutes)), state__in=OPEN)


CONDITIONS: Mapping[str, Callable[[str], Q]] = {
    "priority": lambda value: Q(priority_rank=rules.PRIORITY_RANK[rules.Priority(value)]),
    "band": lambda value: Q(band="" if value == "none" else value),
    "sex": lambda value: Q(sex="" if value == "none" else value),
    "flag": _flagged,
    "differs": lambda value: DIFFERS[0] | DIFFERS[1],
    "reader": lambda value: Q(reader_name="" if value == NOBODY else value),
    "model": lambda value: Q(model_version=int(value)),
    "age_from": lambda value: Q(age_months__gte=12 * int(value)),
    "age_to": lambda value: Q(age_months__lt=12 * (int(value) + 1)),
    "score_from": lambda value: Q(top_probability__gte=float(value)),
    "score_to": lambda value: Q(top_probability__lte=float(value)),
    "since": lambda value: Q(received_at__gte=_midnight(value)),
    "until": lambda value: Q(received_at__lt=_midnight(value, 1)),
    "waited": _waited,
}
