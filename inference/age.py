"""The patient's age at the examination, and whether a model was made for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

_YEARS_PER = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\d{1,3})([YMWD])")
_OLDEST = 150


def age_in_years(tags: Mapping[str, str]) -> float | None:
    """PatientAge ("045Y", "018M"), else from PatientBirthDate to StudyDate; None where neither says."""
    if stated := _AGE.fullmatch(tags.get("PatientAge", "").strip().upper()):
        return int(stated[1]) * _YEARS_PER[stated[2]]
    return years_between(_day(tags.get("PatientBirthDate", "")), _day(tags.get("StudyDate", "")))


def years_between(born: date | None, taken: date | None) -> float | None:
    """Age in years on the day the picture was taken; None where a day is missing or the age can't be (0 to 150)."""
    if born is None or taken is None:
        return None
    age = (taken - born).days / 365.25
    return age if 0 <= age <= _OLDEST else None


def age_notes(ages: Iterable[float | None], age_years: Sequence[float] | None) -> dict[str, bool]:
    """Codes of the notes on age, and whether each holds.

    Args:
        ages: in years, from every source there is (header, department); one outside is enough for the note.
        age_years: youngest and oldest that the model was made for, both included; None where nothing is said.
    """
    if age_years is None:
        return {}
    known = [age for age in ages if age is not None]
    youngest, oldest = age_years
    outside = any(not youngest <= age < oldest + 1 for age in known)
    return {"age_outside_scope": outside, "age_unknown": not known}


def _day(text: str) -> date | None:
    digits = text.replace(".", "").strip()
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 a DICOM date has no time zone
    except ValueError:
        return None
