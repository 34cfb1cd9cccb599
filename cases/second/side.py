"""What the case page shows a second or third reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cases import events, rules
from cases.findings.field import words_of
from cases.models import Case, Opinion, Reading, SecondReading, User
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
        said: the two opinions, for the third reader who has it in hand. findings: the signed ones in words, for the
            same; under no letter, for only the first reader's have any.
    """

    stage: str
    may: bool
    mine: bool
    until: datetime | None
    said: Sequence[Said]
    findings: Sequence[str]
    form: SecondForm


def second_side(case: Case, user: User) -> SecondSide | None:
    """None where the case waits for no further reader, or for none like this person."""
    if case.kept_back not in ("second", "third") or user.role != rules.Role.RADIOLOGIST:
        return None
    row = SecondReading.objects.get(case=case)
    may = may_take(row, user)
    mine = may and row.claimed_by_id == user.pk
    is_third = row.state == "third"
    signed = newest_report(case).reading if mine and is_third else None
    said, findings = (both_opinions(row, signed), words_of(signed.findings)) if signed else ((), ())
    return SecondSide(row.state, may, mine, row.lease_until, said, findings, ThirdForm() if is_third else SecondForm())


def with_typed(side: SecondSide | None, form: SecondForm) -> SecondSide | None:
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
