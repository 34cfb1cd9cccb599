"""Who the picture is of: from what was typed, and from the DICOM header."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any

from cases.intake.details import UploadDetails
from cases.models import Patient
from cases.rules import RuleBroken


def kept_number(text: str) -> str:
    """The patient number as it is stored."""
    return text.strip()[:64]


def check_same_person(details: UploadDetails) -> None:
    """A typed number that is known must not come with another name, date of birth or sex: one digit is soon wrong.

    Raises:
        RuleBroken: `other_person`.
    """
    number = kept_number(details.patient_id)
    known = Patient.objects.filter(patient_id=number).first() if number else None
    if known is None:
        return
    pairs = (
        (_compared(details.patient_name), _compared(known.name)),
        (details.birth_date, known.birth_date),
        (details.sex, known.sex),
    )
    if any(typed and kept and typed != kept for typed, kept in pairs):
        raise RuleBroken("other_person")


def _compared(name: str) -> str:
    """A name without case, spaces and the ^ and = of DICOM."""
    return re.sub(r"[\s^=,]+", "", unicodedata.normalize("NFKC", name)).casefold()


def patient_for(details: UploadDetails) -> Patient | None:
    """The patient with this number, made if new, blanks filled; None without a number."""
    number = kept_number(details.patient_id)
    if not number:
        return None
    known = {"name": details.patient_name.strip()[:200], "birth_date": details.birth_date, "sex": details.sex}
    patient, is_new = Patient.objects.get_or_create(patient_id=number, defaults=known)
    if not is_new:
        _fill_blanks(patient, known)
    return patient


def _fill_blanks(patient: Patient, known: dict[str, Any]) -> None:
    missing = {name: value for name, value in known.items() if value and not getattr(patient, name)}
    for name, value in missing.items():
        setattr(patient, name, value)
    if missing:
        patient.save(update_fields=list(missing))


def details_from_tags(tags: dict[str, str]) -> UploadDetails:
    """The patient of a DICOM header, in the words of an upload."""
    sex = tags.get("PatientSex", "").upper()
    return UploadDetails(
        patient_id=tags.get("PatientID", "").strip(),
        patient_name=tags.get("PatientName", "").strip(),
        sex=sex if sex in ("F", "M", "O") else "",
        birth_date=dicom_date(tags.get("PatientBirthDate", "")),
    )


def dicom_date(text: str) -> date | None:
    """A DICOM DA value (YYYYMMDD) as a date; None where it is none."""
    digits = text.replace(".", "").strip()
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if len(digits) == 8 else None
    except ValueError:
        return None
