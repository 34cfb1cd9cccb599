"""What the case page shows a second or third reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases import events, rules
from cases.models import Case, Opinion, SecondReading, User
from cases.second.forms import SecondForm, ThirdForm
from cases.second.services import may_take


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
        stage: "second" or "third". may: this person may take it. mine: has it in hand.
        said: the two opinions, for the third reader who has it in hand.
    """

    stage: str
    may: bool
    mine: bool
    said: Sequence[Said]
    form: SecondForm


def second_side(case: Case, user: User, form: SecondForm | None = None) -> SecondSide | None:
    """None where the case waits for no further reader, or for none like this person."""
    if case.kept_back not in ("second", "third") or user.role != rules.Role.RADIOLOGIST:
        return None
    row = SecondReading.objects.get(case=case)
    may = may_take(row, user)
    mine = may and row.claimed_by_id == user.pk
    said = both_opinions(row) if mine and row.state == "third" else ()
    return SecondSide(row.state, may, mine, said, form or (ThirdForm() if row.state == "third" else SecondForm()))


def both_opinions(row: SecondReading) -> list[Said]:
    """What first and second reader said, in an order that is fixed for the case and tells nothing."""
    signed = row.case.reports.select_related("reading").latest("version").reading
    second = Opinion.objects.get(case=row.case, kind="second")
    pair = [(signed.verdict, signed.comment), (second.verdict, second.comment)]
    if int(events.keyed_hash(f"second reading {row.pk}"), 16) % 2:
        pair.reverse()
    return [Said(letter, *words) for letter, words in zip("AB", pair, strict=True)]
