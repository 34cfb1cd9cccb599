"""Leaving the patient out: the fields that name a person, and what texts say of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MASK = "[…]"
TEXTS = {"comment", "clinical_question", "reason", "finding", "called_by", "received_by"}  # also when it is one word
NOT_OF_A_PATIENT = {"name", "username", "model", "site"}


def words_of(patient: Mapping[str, str]) -> list[str]:
    """What would tell who it is, the longest first: number, date of birth and name in the spellings people use.

    Args:
        patient: `patient_id`, `name` (DICOM's family^given, up to three spellings joined by "="), `birth_date` (ISO).
    """
    found = {patient.get("patient_id", ""), *_spellings_of_name(patient.get("name", ""))}
    day = patient.get("birth_date", "")
    found |= {day.replace("-", mark) for mark in ("-", "", ".", "/", ". ")} if day else set()
    return sorted((word for word in found if len(word) > 1), key=len, reverse=True)


def _spellings_of_name(name: str) -> Iterable[str]:
    yield name
    for group in name.split("="):
        parts = [part for part in re.split(r"[\^,\s]+", group) if part]
        yield from parts
        for ordered in (parts, parts[::-1]):
            yield from (mark.join(ordered) for mark in (" ", "", ", ", "^"))


def masked(text: str, words: Iterable[str]) -> str:
    """A text with these words replaced, whatever their case.

    Latin letters and digits only as whole words: "Li" is not taken out of "clinical". Korean joins its particles to a
    name, so there a name is taken out wherever it stands.
    """
    for word in words:
        text = re.sub(_pattern(word), MASK, text, flags=re.IGNORECASE)
    return text


def _pattern(word: str) -> str:
    before = r"(?<![A-Za-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
    return before + re.escape(word) + after


def masked_in(value: Any, words: Sequence[str], key: str = "") -> Any:
    """The same for every text in lists and dicts; codes, hashes, instants and the names of the staff stay."""
    if isinstance(value, str):
        return masked(value, words) if _is_text(value, key) else value
    if isinstance(value, list):
        return [masked_in(one, words, key) for one in value]
    return {name: masked_in(one, words, name) for name, one in value.items()} if isinstance(value, dict) else value


def _is_text(value: str, key: str) -> bool:
    if key in NOT_OF_A_PATIENT:
        return False
    return key in TEXTS or " " in value or not value.isascii()


def content_without_patient(content: Mapping[str, Any], words: Sequence[str] | None = None) -> dict[str, Any]:
    """A report's content that says of the patient nothing but the sex, its texts masked.

    Args:
        words: what to mask; those of the content's own patient where none are given.
    """
    patient = content.get("patient", {})
    rest = {name: value for name, value in content.items() if name != "patient"}
    bare: dict[str, Any] = masked_in(rest, words_of(patient) if words is None else words)
    return {**bare, "patient": {"sex": patient.get("sex", "")}}
