"""Which signed cases a second reader reads: those where reader and model disagree, and a share of the other normals."""

from __future__ import annotations

import random

from cases import events, rules
from cases.models import Report, SecondReading, Site
from cases.models.listed import copy_again
from cases.models.readings import AGREES
from cases.reports.row_seals import sealed_second

DISAGREE = {(rules.Verdict.PNEUMONIA, "unlikely"), (rules.Verdict.NORMAL, "likely")}
chance = random.SystemRandom()


def draw(*, report: Report) -> SecondReading | None:
    """Draw the case of a first signature, or not; called in the transaction of the signature."""
    case = report.case
    said = report.reading
    why = reason_to_draw(said.verdict, case.band, Site.current(), about_model=said.about_model)
    if not why:
        return None
    row = SecondReading.objects.create(case=case, why=why, first_reader=report.signed_by)
    copy_again(case)
    events.record("second_drawn", by=None, case=case, why=why, **sealed_second(row))
    return row


def reason_to_draw(verdict: str, band: str, site: Site, *, about_model: str = "") -> str:
    """A key of SecondReading.WHYS, or nothing.

    A disagreement is one that the reader says of the model's answer (ABOUT_MODEL_NAMES), whatever its band, or one that
    verdict and band show. A normal that the model does not contradict is drawn by chance: only so is it known how many
    of them are not.
    """
    if not site.second_reading:
        return ""
    if about_model not in ("", AGREES) or (verdict, band) in DISAGREE:
        return "disagreement"
    is_drawn = verdict == rules.Verdict.NORMAL and chance.random() * 100 < site.second_percent
    return "share" if is_drawn else ""
