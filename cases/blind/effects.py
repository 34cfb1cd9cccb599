"""What the model did to readers: the own opinion, the signature after it, and what the case turned out to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cases import rules
from cases.models import Opinion, Report, SecondReading, User

EFFECTS = ("unchanged", "helped", "harmed", "neither")


@dataclass(frozen=True)
class Effects:
    """How often each of EFFECTS was; `checked`: of these, where another reader has read the case independently."""

    all: Counter[str] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)


def effect(opinion: str, signed: str, settled: str) -> str:
    """One of EFFECTS.

    Args:
        opinion: before the model was shown. signed: after it. settled: what is signed last, also by others.
    """
    if opinion == signed:
        return "unchanged"
    if signed == settled:
        return "helped"
    return "harmed" if opinion == settled else "neither"


def effects_on(reader: User) -> Effects:
    """Over the signed cases that this reader read blind and signed first."""
    opinions = Opinion.objects.filter(reader=reader, kind="blind", case__state__in=rules.FINAL)
    said = dict(opinions.order_by().values_list("case_id", "verdict"))
    reports = Report.objects.filter(case__in=said).order_by("version")
    first: dict[int, tuple[int, str]] = {}
    last: dict[int, str] = {}
    for case_id, by, verdict in reports.values_list("case_id", "signed_by_id", "reading__verdict"):
        first.setdefault(case_id, (by, verdict))
        last[case_id] = verdict
    own = {pk: effect(said[pk], verdict, last[pk]) for pk, (by, verdict) in first.items() if by == reader.pk}
    checked = SecondReading.objects.filter(case__in=own, state="done").values_list("case_id", flat=True)
    return Effects(Counter(own.values()), Counter(own[pk] for pk in checked))
