"""What a reading says: verdict, text, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cases import rules
from cases.findings.lines import Line, check_findings, tidy


class Words(NamedTuple):
    """Checked and tidied: equal words are the same reading."""

    verdict: str
    comment: str
    findings: list[Line]


def checked_words(verdict: str, comment: str, findings: Iterable[Mapping[str, str]]) -> Words:
    """The words, if the rules allow them.

    Raises:
        RuleBroken: `verdict_missing`, `comment_missing`; `finding_without_pattern`, `finding_unknown`,
            `findings_too_many`.
    """
    rules.check_verdict(verdict, comment)
    lines = tidy(findings)
    check_findings(lines)
    return Words(verdict, comment.strip(), lines)
