"""The passport of a signed version: everything that led to it, as one JSON with its own hash.

It is made once, at the signature, and stored as text; the event of the signature holds its sha256, and the chain seals
the event. So the same bytes come out for ever, and `manage.py verify_passport` can say which row no longer agrees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cases.models import Analysis, Case, Event, Radiograph, Report, Site, User
from cases.reading.content import canonical, content_sha256
from cases.reports import facts
from cases.reports.masking import content_without_patient, masked_in, words_of
from cases.reports.software import software

FORMAT = "pneumo-passport-1"
Body = dict[str, Any]


def seal(report: Report) -> None:
    """Give an unsaved report its passport; called in the transaction of the signature, before its event."""
    report.passport = canonical(passport_body(report))
    report.passport_sha256 = content_sha256(json.loads(report.passport))


def passport_body(report: Report) -> Body:
    """What stands in the passport of this version, from the rows as they are now."""
    case = report.case
    body = {
        "case": facts.case_facts(case),
        "site": Site.current().name,
        "software": software(),
        "report_version": report.version,
        "pictures": [_picture(row) for row in case.radiographs.order_by("pk")],
        **_model_side(case),
        "override": _override(case),
        "readings": [facts.reading_facts(row) for row in case.readings.order_by("pk")],
        "opinions": [facts.opinion_facts(row) for row in case.opinions.order_by("pk")],
        "reports": [*map(facts.report_facts, case.reports.order_by("version")), facts.report_facts(report)],
        "critical_results": [facts.call_facts(row) for row in case.critical_results.order_by("pk")],
        "events": _events(case),
    }
    return {**body, "people": _people(body)}


def _picture(row: Radiograph) -> Body:
    """With the hash of the picture that readers saw, read from the store now, once, and how it lay before them."""
    seen = {"rendition_sha256": facts.stored_sha256(row.rendition_key), "orientation": row.orientation or "0"}
    return {**facts.picture_facts(row), **seen}


def _model_side(case: Case) -> Body:
    ended = Analysis.objects.filter(radiograph__case=case, state__in=["done", "failed", "not_scored"])
    analyses = list(ended.select_related("model_version").order_by("pk"))
    versions = {row.model_version_id: row.model_version for row in analyses}
    return {
        "models": [facts.model_facts(versions[key]) for key in sorted(versions)],
        "analyses": [facts.analysis_facts(row) for row in analyses],
    }


def _override(case: Case) -> Body | None:
    """Who last asked for a score in spite of the gate, why, and what the gate had said."""
    event = case.events.filter(verb="scope_overridden").order_by("-seq").first()
    if event is None:
        return None
    said = {name: event.details.get(name) for name in ("reason", "refusals")}
    return {"seq": event.seq, "by": event.actor_id, "at": facts.instant(event.at), **said}


def _events(case: Case) -> Body:
    stream = f"case:{case.pk}"
    entries = [facts.event_facts(row) for row in Event.objects.filter(stream=stream).order_by("seq")]
    head = entries[-1] if entries else {"seq": 0, "mac": ""}
    return {"stream": stream, "head": {"seq": head["seq"], "mac": head["mac"]}, "entries": entries}


def _people(body: Body) -> Body:
    """Everybody whose id stands in the body: name and role as they are now."""
    rows = [*body["readings"], *body["opinions"], *body["reports"], *body["events"]["entries"], body["override"] or {}]
    ids = {row["by"] for row in rows if row.get("by")}
    people = User.objects.filter(pk__in=ids)
    return {str(one.pk): {"username": one.username, "name": one.full_name, "role": one.role} for one in people}


# ---- the file ----


def passport_file(report: Report, *, without_patient: bool = False) -> str:
    """The file that people take away: format, hash and body; the same text each time.

    Without the patient it has a hash of its own, and says the hash of the whole passport that it stands for.

    Raises:
        ValueError: the report was signed before there were passports.
    """
    if not report.passport:
        raise ValueError(f"version {report.version} of {report.case.number} has no passport")
    body = json.loads(report.passport)
    file = {"format": FORMAT, "sha256": report.passport_sha256, "passport": body}
    if without_patient:
        bare = body_without_patient(body)
        file = {
            "format": FORMAT,
            "sha256": content_sha256(bare),
            "stands_for": report.passport_sha256,
            "passport": bare,
        }
    return json.dumps(file, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def body_without_patient(body: Mapping[str, Any]) -> Body:
    """The body without the patient's number, name and date of birth, also where a text names them."""
    contents = [row["content"] for row in body["reports"]]
    words = sorted({word for content in contents for word in words_of(content["patient"])}, key=len, reverse=True)
    bare: Body = masked_in({name: value for name, value in body.items() if name != "reports"}, words)
    return {**bare, "reports": [_report_without_patient(row, words) for row in body["reports"]]}


def _report_without_patient(row: Mapping[str, Any], words: list[str]) -> Body:
    content = content_without_patient(row["content"], words)
    return {**row, "content": content, "reason": masked_in(row["reason"], words, "reason")}
