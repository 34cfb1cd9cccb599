"""What the case page shows a second or third reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cases import events, rules
from cases.models import Case, Opinion, Phrase, Reading, SecondReading, User
from cases.phrases.services import phrases_for
from cases.reading.forms import ReadingForm
from cases.second.forms import SecondForm, ThirdForm
from cases.second.services import may_take, newest_report


@dataclass(frozen=True)
class Said:
    """One of the two opinions between which a third decides; `letter` is all that is told of who said it."""

    letter: str
    verdict: str
    comment: str


@dataclass(frozen=True)
class SecondSide:
    """How far a second reading is, for one person.

    Attributes:
        stage: "second" or "third". may: this person may take it. mine: has it in hand, `until` then.
        holder: who else has it in hand, `until` then. take_over: this person may take it from there.
        said: the two opinions, for the third reader who has it in hand.
        form: its words so far. The third one begins with the findings that are signed: they tell no letter, which the
            signed text would. phrases: what is offered for the comment.
    """

    stage: str
    may: bool
    mine: bool
    until: datetime | None
    holder: str
    take_over: bool
    said: Sequence[Said]
    form: ReadingForm
    phrases: Sequence[Phrase]


def second_side(case: Case, user: User) -> SecondSide | None:
    """None where the case waits for no further reader, or this person has nothing to do with readings."""
    if case.kept_back not in ("second", "third") or user.role not in (rules.Role.RADIOLOGIST, rules.Role.ADMINISTRATOR):
        return None
    row = SecondReading.objects.select_related("claimed_by").get(case=case)
    may = may_take(row, user)
    mine = may and row.claimed_by_id == user.pk
    signed = newest_report(case).reading if mine and row.state == "third" else None
    form = ThirdForm.showing(case, findings=signed.findings) if signed else SecondForm()
    said = both_opinions(row, signed) if signed else ()
    holder = row.claimed_by.full_name if row.claimed_by and row.is_in_hand and not mine else ""
    return SecondSide(
        stage=row.state,
        may=may,
        mine=mine,
        until=row.lease_until,
        holder=holder,
        take_over=bool(holder) and user.role == rules.Role.ADMINISTRATOR,
        said=said,
        form=form,
        phrases=list(phrases_for(user)) if mine else (),
    )


def with_typed(side: SecondSide | None, form: ReadingForm) -> SecondSide | None:
    """The side with this form in it; None where this person can send it no more."""
    fits = side is not None and side.mine and type(side.form) is type(form)
    return replace(side, form=form) if side is not None and fits else None


def both_opinions(row: SecondReading, signed: Reading) -> list[Said]:
    """What first and second reader said, in an order that is fixed for the case and tells nothing."""
    second = Opinion.objects.get(case=row.case, kind="second")
    pair = [(signed.verdict, signed.comment), (second.verdict, second.comment)]
    if int(events.keyed_hash(f"second reading {row.pk}"), 16) % 2:
        pair.reverse()
    return [Said(letter, *words) for letter, words in zip("AB", pair, strict=True)]
