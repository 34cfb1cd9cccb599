"""A finding is a line of codes, {"pattern": "lobar", "side": "right", "zone": "lower"}; side and zone may be empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cases.models import FindingTerm
from cases.models.findings import KINDS
from cases.rules import RuleBroken

Line = dict[str, str]
PARTS = tuple(KINDS)
MOST = 12
JOINT = " · "


def tidy(lines: Iterable[Mapping[str, str]]) -> list[Line]:
    """Every line with all its parts and nothing else; empty lines and repeated ones are left out."""
    found = [{part: str(line.get(part) or "") for part in PARTS} for line in lines]
    return [line for place, line in enumerate(found) if any(line.values()) and line not in found[:place]]


def check_findings(lines: Sequence[Mapping[str, str]]) -> None:
    """Each line says what was found, in words of the list; a word that was retired since still counts.

    Raises:
        RuleBroken: `finding_without_pattern`, `finding_unknown`, `findings_too_many`.
    """
    if len(lines) > MOST:
        raise RuleBroken("findings_too_many")
    if any(not line.get("pattern") for line in lines):
        raise RuleBroken("finding_without_pattern")
    known = set(FindingTerm.objects.values_list("kind", "code")) if lines else set()
    if any(code and (part, code) not in known for line in lines for part, code in line.items()):
        raise RuleBroken("finding_unknown")


def worded(lines: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The lines with their words in both languages, as a report freezes them."""
    terms = {(term.kind, term.code): term for term in FindingTerm.objects.all()} if lines else {}
    return [{**line, "en": _words(line, terms, "name_en"), "ko": _words(line, terms, "name_ko")} for line in lines]


def _words(line: Mapping[str, str], terms: Mapping[tuple[str, str], FindingTerm], name: str) -> str:
    named = (getattr(terms.get((part, line[part])), name, line[part]) for part in PARTS if line[part])
    return JOINT.join(named)


def in_language(rows: Iterable[Mapping[str, str]], language: str | None) -> list[str]:
    """The words of frozen lines in one language."""
    return [row["ko" if (language or "en").startswith("ko") else "en"] for row in rows]
