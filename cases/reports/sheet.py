"""What a report says, in words of one language: the page and the paper both show this and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from cases.findings.lines import in_language
from cases.models import CriticalResult, Report
from cases.models.calls import HOW_NAMES
from cases.models.patients import BAND_NAMES
from cases.models.readings import ABOUT_MODEL_NAMES, VERDICT_NAMES
from cases.names import shown_name
from cases.reading.content import call_content, content_sha256
from cases.reports.masking import content_without_patient, masked_in, words_of
from cases.templatetags.screens import figure


@dataclass(frozen=True)
class Fact:
    """One line: what it is, what it says. `kind`: "text", "prose" for a text of several lines, "hash"."""

    label: str
    value: str
    kind: str = "text"


@dataclass(frozen=True)
class Sheet:
    """One signed version.

    Attributes:
        title: says which case. version: which version, and whether a later one replaced it.
        patient: one line that stands on each page.
        signature: who signed, and when. warning: said aloud where the hashes no longer fit; else empty.
        findings: a line each.
        short: facts that stand beside the picture. long: those below it, in order. seals: the hashes.
        earlier: one fact for each version before this one.
        limits: what the model is not.
    """

    title: str
    version: str
    patient: str
    warning: str
    verdict: str
    signature: str
    comment: str
    findings: Sequence[str]
    short: Sequence[Fact]
    long: Sequence[Fact]
    seals: Sequence[Fact]
    earlier: Sequence[Fact]
    limits: str

    @property
    def facts(self) -> list[Fact]:
        """All but the earlier versions, in the order of the page."""
        return [*self.short, *self.long, *self.seals]


def sheet_of(report: Report, versions: Sequence[Report], *, without_patient: bool = False) -> Sheet:
    """The sheet of one version in the language of the page.

    Args:
        versions: all signed versions of the case.
        without_patient: nothing tells who it is; see cases/reports/masking.py for what that means in texts.
    """
    said = _content(report, without_patient)
    words = words_of(report.content.get("patient", {})) if without_patient else []
    return Sheet(
        title=gettext("Report of %(number)s") % {"number": report.case.number},
        version=_version_words(report, versions),
        patient=_patient_line(said, without_patient),
        warning="" if is_whole(report) else gettext("does not match: the content was changed"),
        verdict=verdict_word(said["verdict"]),
        signature=_signature(report, said),
        comment=said["comment"],
        findings=in_language(said["findings"], get_language()),
        short=_short_facts(report, said, without_patient),
        long=[*_question(said), *_turned(said), *_calls(report, said, words), *_override(report, words), *_model(said)],
        seals=_seals(report, said),
        earlier=[_earlier(row, without_patient) for row in versions if row.version < report.version],
        limits=limits(),
    )


def limits() -> str:
    """The sentence about what the model is not."""
    return gettext(
        "Research use; not for diagnosis. The model is no medical device: its probability is an aid to the reader, and "
        "the signed verdict is the reader's alone."
    )


def verdict_word(code: str) -> str:
    """A verdict in the language of the page."""
    return str(VERDICT_NAMES.get(code, code))


# What is shown where a content that somebody changed has lost a part.
NOBODY = {"patient_id": "", "name": "", "birth_date": "", "sex": ""}
EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(("verdict", "comment", "clinical_question", "study_date", "reason", "about_model"), ""),
    **{name: [] for name in ("pictures", "model", "critical_results", "findings")},
    "signed_by": {"username": "", "name": "?"},
    "patient": NOBODY,
}


def _content(report: Report, without_patient: bool) -> Mapping[str, Any]:
    content = {**EMPTY, **report.content, "patient": {**NOBODY, **report.content.get("patient", {})}}
    return content_without_patient(content) if without_patient else content


def is_whole(report: Report) -> bool:
    """Whether content and passport are what their hashes say."""
    passport = hashlib.sha256(report.passport.encode()).hexdigest() if report.passport_sha256 else ""
    return content_sha256(report.content) == report.content_sha256 and passport == report.passport_sha256


def moment(at: datetime | str | None) -> str:
    """Day and time at the site; "–" for none."""
    if not at:
        return "–"
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    return date_format(timezone.localtime(instant), "Y-m-d H:i")


def _version_words(report: Report, versions: Sequence[Report]) -> str:
    number = gettext("Version %(n)s") % {"n": report.version}
    if not any(row.version > report.version for row in versions):
        return number
    replaced = gettext("replaced by a later version")
    return f"{number} ({replaced})"


def _patient_line(said: Mapping[str, Any], without_patient: bool) -> str:
    patient = said["patient"]
    if without_patient:
        return gettext("patient left out")
    if not (patient["patient_id"] or patient["name"]):
        return gettext("Patient not known")
    name = shown_name(patient["name"], get_language() or "en")
    born = gettext("born %(day)s") % {"day": patient["birth_date"]} if patient["birth_date"] else ""
    return " · ".join(part for part in (name, patient["patient_id"], born) if part)


def _short_facts(report: Report, said: Mapping[str, Any], without_patient: bool) -> list[Fact]:
    found = [Fact(gettext("Patient"), _patient_line(said, without_patient))]
    if said["patient"].get("sex"):
        found.append(Fact(gettext("Sex"), gettext(said["patient"]["sex"])))
    if said["study_date"]:
        found.append(Fact(gettext("Study date"), said["study_date"]))
    found.append(Fact(gettext("Signed by"), _signature(report, said)))
    return found + ([Fact(gettext("Reason"), said["reason"], "prose")] if said["reason"] else [])


def _signature(report: Report, said: Mapping[str, Any]) -> str:
    return f"{said['signed_by']['name']}, {moment(report.signed_at)}"


def _question(said: Mapping[str, Any]) -> list[Fact]:
    question = said["clinical_question"]
    return [Fact(gettext("Clinical question"), question, "prose")] if question else []


def _turned(said: Mapping[str, Any]) -> list[Fact]:
    """Which pictures do not lie as their files do: left and right may have changed places."""
    found = [(number, row["orientation"]) for number, row in enumerate(said["pictures"], 1) if row.get("orientation")]
    label = gettext("Shown otherwise than stored")
    lines = [gettext("Picture %(n)d: %(how)s") % {"n": number, "how": _lies(code)} for number, code in found]
    return [Fact(label, "\n".join(lines), "prose")] if lines else []


def _lies(code: str) -> str:
    degrees = code.rstrip("f")
    mirrored = [gettext("mirrored left and right")] if code.endswith("f") else []
    turned = [gettext("turned clockwise by %(degrees)s°") % {"degrees": degrees}] if degrees != "0" else []
    return ", ".join([*mirrored, *turned])


def _model(said: Mapping[str, Any]) -> list[Fact]:
    lines = [_model_line(row) for row in said["model"] if row["probability"] is not None]
    said_of_it = str(ABOUT_MODEL_NAMES.get(said["about_model"], said["about_model"]))
    about = [Fact(gettext("About the model's answer"), said_of_it)] if said_of_it else []
    return [Fact(gettext("Model"), "\n".join(lines) or gettext("no result when it was signed"), "prose"), *about]


def _model_line(row: Mapping[str, Any]) -> str:
    limits = row["thresholds"]
    return gettext("%(model)s: %(probability)s, %(band)s (thresholds %(low)s and %(high)s)") % {
        "model": row["model"],
        "probability": figure(row["probability"], limits),
        "band": BAND_NAMES.get(row["band"], row["band"]),
        "low": figure(limits["sensitive"]),
        "high": figure(limits["specific"]),
    }


def _override(report: Report, words: Sequence[str]) -> list[Fact]:
    """Why somebody wanted a score in spite of the gate; the passport has it."""
    found = json.loads(report.passport)["override"] if report.passport and is_whole(report) else None
    reason = masked_in(found["reason"], words, "reason") if found else ""
    return [Fact(gettext("Scored in spite of the gate"), reason, "prose")] if found else []


# ---- critical results ----


def _calls(report: Report, said: Mapping[str, Any], words: Sequence[str]) -> list[Fact]:
    """Each critical finding as it was signed, and what became of its call; then those that were found since."""
    now = {row.pk: row for row in report.case.critical_results.order_by("pk")}
    signed = {row["id"]: row for row in said["critical_results"]}
    since = [row for row in now.values() if row.pk not in signed and row.state != "withdrawn"]
    label, later = gettext("Critical result"), gettext("Critical result, found after the signature")
    return [
        *(Fact(label, _call(row, now.get(key), words), "prose") for key, row in signed.items()),
        *(Fact(later, _call(masked_in(call_content(row), words), row, words), "prose") for row in since),
    ]


def _call(row: Mapping[str, Any], now: CriticalResult | None, words: Sequence[str]) -> str:
    lines = [row["finding"], gettext("found %(time)s") % {"time": moment(row["found_at"])}]
    if row["received_at"] and row["received_by"] and row["called_by"] and row["how"]:
        lines.append(call_words(row["called_by"], row["received_by"], row["received_at"], row["how"]))
    elif now is not None and now.state == "complete":
        call = call_words(now.called_by, now.received_by, now.received_at, now.how)
        lines.append(gettext("after the signature: %(call)s") % {"call": masked_in(call, words)})
    elif now is not None and now.state == "withdrawn":
        why = masked_in(now.withdrawn_reason, words, "reason")
        lines.append(gettext("withdrawn after the signature: %(reason)s") % {"reason": why})
    else:
        lines.append(gettext("the call is not complete"))
    return "\n".join(lines)


def call_words(called_by: str, received_by: str, received_at: datetime | str | None, how: str) -> str:
    """Who told whom, when and how."""
    return gettext("%(caller)s told %(receiver)s, %(time)s, %(how)s") % {
        "caller": called_by,
        "receiver": received_by,
        "time": moment(received_at),
        "how": HOW_NAMES.get(how, how),
    }


# ---- hashes and earlier versions ----


def _seals(report: Report, said: Mapping[str, Any]) -> list[Fact]:
    bundles = {row["model"]: row["bundle_sha256"] for row in said["model"]}
    return [
        *(Fact(gettext("Picture (SHA-256)"), row["original_sha256"], "hash") for row in said["pictures"]),
        *(Fact(gettext("%(model)s (SHA-256)") % {"model": name}, value, "hash") for name, value in bundles.items()),
        Fact(gettext("Hash of the report"), report.content_sha256, "hash"),
        Fact(gettext("Hash of the passport"), report.passport_sha256 or gettext("none"), "hash"),
    ]


def _earlier(row: Report, without_patient: bool) -> Fact:
    said = _content(row, without_patient)
    head = f"{verdict_word(said['verdict'])} · {_signature(row, said)}"
    lines = [head, *in_language(said["findings"], get_language()), said["comment"]]
    return Fact(_version_words(row, []), "\n".join(filter(None, lines)), "prose")
