"""The lines of findings in a form: three lists of choices each, and one empty line more than there are findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import get_language

from cases.findings.lines import PARTS, Line, check_findings, in_language, tidy, worded
from cases.models import FindingTerm
from cases.models.findings import KINDS
from cases.rules import RuleBroken
from cases.wording import rule_sentence


class FindingLines(forms.Widget):
    """Reads the lines from what a page sends: `findings_pattern`, `findings_side`, `findings_zone`, once per line."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if not hasattr(data, "getlist"):
            return data.get(name) or []
        columns = [data.getlist(f"{name}_{part}") for part in PARTS]
        return [dict(zip(PARTS, row, strict=True)) for row in zip(*columns, strict=False)]


class FindingsField(forms.Field):
    """A list of lines (cases/findings/lines.py)."""

    widget = FindingLines

    def clean(self, value: Any) -> list[Line]:
        """The lines, checked against the list of the site."""
        lines = tidy(value or [])
        try:
            check_findings(lines)
        except RuleBroken as error:
            raise forms.ValidationError(rule_sentence(error)) from error
        return lines


@dataclass(frozen=True)
class Choice:
    """One list of choices of a line; a retired word stands in it only where it was chosen before."""

    part: str
    label: str | Promise
    chosen: str
    terms: Sequence[FindingTerm]


def choices_of(lines: Sequence[Line]) -> list[list[Choice]]:
    """The lines of a form, the last one empty."""
    terms = list(FindingTerm.objects.all())
    return [[_choice(part, line.get(part, ""), terms) for part in PARTS] for line in [*lines, {}]]


def _choice(part: str, chosen: str, terms: Sequence[FindingTerm]) -> Choice:
    offered = [term for term in terms if term.kind == part and (not term.retired or term.code == chosen)]
    return Choice(part, KINDS[part], chosen, offered)


def words_of(lines: Sequence[Line]) -> list[str]:
    """The lines in the language of the page."""
    return in_language(worded(lines), get_language())
