"""What a reading says: verdict, text, findings, and what the reader thinks of the model's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, NotRequired, TypedDict

from cases import rules
from cases.findings.lines import Line, check_findings, tidy
from cases.models import Reading
from cases.models.readings import ABOUT_MODEL_NAMES


class Said(TypedDict):
    """As it comes from a form; `about_model` is a key of ABOUT_MODEL_NAMES or empty."""

    verdict: str
    comment: str
    findings: NotRequired[Sequence[Line]]
    about_model: NotRequired[str]


class Words(NamedTuple):
    """Checked and tidied: equal words are the same reading."""

    verdict: str
    comment: str
    findings: list[Line]
    about_model: str


def checked_words(said: Said) -> Words:
    """The words, if the rules allow them.

    Raises:
        RuleBroken: `verdict_missing`, `comment_missing`; `finding_without_pattern`, `finding_unknown`,
            `findings_too_many`; `about_model_unknown`.
    """
    lines, about_model = tidy(said.get("findings", ())), said.get("about_model", "")
    rules.check_verdict(said["verdict"], said["comment"])
    check_findings(lines)
    if about_model and about_model not in ABOUT_MODEL_NAMES:
        raise rules.RuleBroken("about_model_unknown")
    return Words(said["verdict"], said["comment"].strip(), lines, about_model)


def words_of(reading: Reading) -> Words:
    """What a saved reading says."""
    return Words(reading.verdict, reading.comment, tidy(reading.findings), reading.about_model)
