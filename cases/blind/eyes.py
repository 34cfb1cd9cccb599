"""Who may see what of a case: the one place that decides it, for rows and for queries alike.

A case keeps in `kept_back` (cases/models/listed.py) what it waits for. Until its "first" opinion a reader sees nothing
of the model; until the "second" neither the model nor what was signed; until the "third" not what was signed, nor who
the two readers were. Whoever gave one of these opinions sees the rest. Administrators and radiographers do not read:
nothing is kept from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from cases import rules
from cases.models import Analysis, Case, Opinion, User
from cases.selects import Select

FIRST, SECOND, THIRD = "first", "second", "third"
Side = Literal["model", "reading", ""]
NO_CASE = 0  # an id that no case has
KEPT: dict[str, tuple[str, ...]] = {"model": (FIRST, SECOND), "reading": (SECOND, THIRD)}


@dataclass(frozen=True)
class Eyes:
    """What one person may see; people with equal eyes see the same.

    Attributes:
        reads: whether this person reads cases at all.
        any_kept: whether anything was kept back from readers when this was looked up; it only saves work in queries.
        took_part: ids of the cases, of those kept back now, to which this reader has given an opinion.
    """

    reads: bool = False
    any_kept: bool = False
    took_part: frozenset[int] = frozenset()

    def sees_model(self, case: Case) -> bool:
        """Whether this person may see anything that the model says of the case."""
        return self._sees("model", case)

    def sees_reading(self, case: Case) -> bool:
        """Whether this person may see what was signed, and by whom."""
        return self._sees("reading", case)

    def _sees(self, side: str, case: Case) -> bool:
        return not self.reads or case.kept_back not in KEPT[side] or case.pk in self.took_part

    def kept(self, side: Side) -> Q | None:
        """Which cases this side of is kept from this person; None: of none."""
        if not (side and self.reads and self.any_kept):
            return None
        return Q(kept_back__in=KEPT[side]) & ~Q(pk__in=sorted(self.took_part))


def eyes_of(user: User) -> Eyes:
    """For lists; one query."""
    if user.role != rules.Role.RADIOLOGIST:
        return Eyes()
    found = frozenset(pk for (pk,) in _kept_and_parts(user.pk))
    return Eyes(reads=True, any_kept=NO_CASE in found, took_part=found - {NO_CASE})


def eyes_over(cases: Iterable[Case], user: User) -> Eyes:
    """For cases that are at hand; no query where nothing of them is kept back."""
    reads = user.role == rules.Role.RADIOLOGIST
    return eyes_of(user) if reads and any(case.kept_back for case in cases) else Eyes(reads=reads)


def eyes_on(case: Case, user: User) -> Eyes:
    """For the pages of one case; no query where nothing of it is kept back."""
    return eyes_over([case], user)


def _parts_of(user: User) -> QuerySet[Any, Any]:
    """Cases kept back, to which this reader has given an opinion: the first one, or one of the two that a third reads.

    From the few cases that are kept back now, not from all that this reader has ever said.
    """
    spoken = Exists(Opinion.objects.filter(case=OuterRef("pk"), reader=user, kind="blind"))
    own = Q(second_reading__first_reader=user) | Q(second_reading__second_reader=user)
    taken = Q(spoken, kept_back=FIRST) | own & Q(kept_back__in=KEPT["reading"])
    return Case.objects.exclude(kept_back="").filter(taken).order_by().values_list("pk")


def _marked_parts_of(user: User) -> QuerySet[Any, Any]:
    """Those, and NO_CASE where anything is kept back at all."""
    anything = Case.objects.exclude(kept_back="").order_by()
    marker = User.objects.filter(Exists(anything), pk=user.pk).values_list(Cast(Value(NO_CASE), BigIntegerField()))
    return marker.order_by().union(_parts_of(user))


_kept_and_parts = Select(lambda user_id: _marked_parts_of(User(pk=user_id)))  # every page asks it


def sees_model(case: Case, user: User) -> bool:
    """Whether this person may see anything that the model says of this case."""
    return eyes_on(case, user).sees_model(case)


def sees_reading(case: Case, user: User) -> bool:
    """Whether this person may see what was signed of this case, and by whom."""
    return eyes_on(case, user).sees_reading(case)


def seen_analysis(case: Case, user: User) -> Analysis | None:
    """The answer that the case's pages show this person."""
    return case.top_analysis if sees_model(case, user) else None


def opinion_due(case: Case, user: User) -> bool:
    """Whether this reader has to say the own opinion before signing: there is an answer that is still kept back."""
    return case.top_analysis_id is not None and case.kept_back == FIRST and not sees_model(case, user)


def check_opinion(case: Case, by: User) -> None:
    """The rule of opinion_due.

    Raises:
        RuleBroken: `opinion_missing`.
    """
    if opinion_due(case, by):
        raise rules.RuleBroken("opinion_missing")


def may_amend(case: Case, user: User) -> bool:
    """Until a second reading is over, only who signed last changes what is signed."""
    return case.kept_back not in KEPT["reading"] or case.reader_name == user.username


def check_may_amend(case: Case, by: User) -> None:
    """The rule of may_amend.

    Raises:
        RuleBroken: `reading_kept_back`.
    """
    if not may_amend(case, by):
        raise rules.RuleBroken("reading_kept_back")


def check_sees_model(case: Case, by: User) -> None:
    """Nothing of the model is asked for, or acted on, by whom it is kept from.

    Raises:
        RuleBroken: `model_kept_back`.
    """
    if not sees_model(case, by):
        raise rules.RuleBroken("model_kept_back")
