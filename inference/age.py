"""The patient's age at the examination, from DICOM values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

_YEARS_PER = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\d{1,3})([YMWD])")
_OLDEST = 150


def age_in_years(tags: Mapping[str, str]) -> float | None:
    """PatientAge ("045Y", "018M"), else from PatientBirthDate to StudyDate; None where neither says."""
    if stated := _AGE.fullmatch(tags.get("PatientAge", "").strip().upper()):
        return int(stated[1]) * _YEARS_PER[stated[2]]
    born, taken = _day(tags.get("PatientBirthDate", "")), _day(tags.get("StudyDate", ""))
    if born is None or taken is None:
        return None
    age = (taken - born).days / 365.25
    return age if 0 <= age <= _OLDEST else None


def _day(text: str) -> date | None:
    digits = text.replace(".", "").strip()
    try:
        return datetime.strptime(digits, "%Y%m%d").date()  # noqa: DTZ007 a DICOM date has no time zone
    except ValueError:
        return None
