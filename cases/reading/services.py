"""The verbs of a reading: claim, keep, release, save, sign, amend."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from cases import analysis, events, rules
from cases.models import Analysis, Case, Reading, Report, Site, User


class Conflict(Exception):
    """Somebody else was first; `who` has the case or signed it, `case` is how it stands now."""

    def __init__(self, case: Case, who: User | None) -> None:
        self.case, self.who = case, who
        super().__init__(f"case {case.pk} is in other hands")


# ---- claims ----


def claim_next(*, by: User) -> Case | None:
    """The first case of the reading order that nobody has, claimed in one step; None when nothing waits."""
    rules_role(by, "claim")
    with transaction.atomic():
        waiting = Case.objects.visible_to(by).filter(pk__in=Case.objects.claimable().values("pk"))
        waiting = waiting.in_reading_order().select_for_update(
            skip_locked=connection.features.has_select_for_update_skip_locked
        )
        case = waiting.first()
        return _claim(case, by) if case else None


def claim(*, case: Case, by: User) -> Case:
    """Take this case, or keep it where it is mine already.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
        Conflict: another reader has it.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        if case.claimed_by_id == by.pk:
            return case
        if case.claimed_by_id is not None:
            raise Conflict(case, case.claimed_by)
        return _claim(case, by)


def rules_role(by: User, move: str) -> None:
    """The role half of check_move, where there is no case yet."""
    if by.role not in rules.MOVES[move].roles:
        raise rules.RuleBroken("not_your_role", move=move)


def _claim(case: Case, by: User) -> Case:
    move = rules.check_move("claim", case.state, by.role)
    case.state, case.claimed_by, case.lease_until = rules.State.CLAIMED, by, _lease_end()
    case.version += 1
    case.save(update_fields=["state", "claimed_by", "lease_until", "version"])
    events.record(move.event, by=by, case=case)
    return case


def _lease_end() -> Any:
    return timezone.now() + timedelta(minutes=Site.current().lease_minutes)


def keep(*, case: Case, by: User) -> bool:
    """A sign of life from the reader's page: the lease is renewed. False: the case is no longer this reader's."""
    mine = Case.objects.filter(pk=case.pk, claimed_by=by, state__in=rules.IN_HAND)
    return bool(mine.update(lease_until=_lease_end()))


def release(*, case: Case, by: User | None, reason: str = "released") -> Case:
    """Give a case back to the queue: its reader, an administrator, or the sweeper (`by` None) when the lease ended.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `not_your_case`.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        role = by.role if by else rules.Role.SYSTEM
        move = rules.check_move("release", case.state, role)
        if role == rules.Role.RADIOLOGIST and by and case.claimed_by_id != by.pk:
            raise rules.RuleBroken("not_your_case")
        holder = case.claimed_by_id
        case.state, case.failure_code = analysis.parts_state(case)
        case.claimed_by, case.lease_until = None, None
        case.version += 1
        case.save(update_fields=["state", "failure_code", "claimed_by", "lease_until", "version"])
        events.record(move.event, by=by, case=case, holder=holder, reason=reason)
        return case


# ---- reading, signing, amending ----


def save_reading(*, case: Case, by: User, verdict: str, comment: str, version: int) -> Reading:
    """Keep what the reader says; the model's row is not touched, an older reading stays as it was.

    Args:
        version: the case's version that the reader's page was made from.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `verdict_missing`, `comment_missing`.
        Conflict: the case is another reader's, or has moved on since.
    """
    rules.check_verdict(verdict, comment)
    with transaction.atomic():
        case = _mine(case, by, "read", version)
        reading = Reading.objects.create(
            case=case, reader=by, verdict=verdict, comment=comment.strip(), shown_analysis=case.top_analysis
        )
        case.state, case.lease_until = rules.State.READ, _lease_end()
        case.version += 1
        case.save(update_fields=["state", "lease_until", "version"])
        events.record("reading_saved", by=by, case=case, reading=reading.pk, verdict=verdict)
        return reading


def _mine(case: Case, by: User, move: str, version: int) -> Case:
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.state in rules.FINAL and move != "amend":
        newest = case.reports.order_by("-version").first()
        raise Conflict(case, newest.signed_by if newest else None)
    if case.claimed_by_id not in (None, by.pk):
        raise Conflict(case, case.claimed_by)
    rules.check_move(move, case.state, by.role)
    if case.version != version:
        raise Conflict(case, by if case.claimed_by_id == by.pk else case.claimed_by)
    return case


def sign(*, case: Case, by: User, verdict: str, comment: str, version: int) -> Report:
    """Freeze the report. The caller has checked the signing session (cases/reading/signing.py).

    Raises:
        RuleBroken, Conflict: as in save_reading; Conflict names who signed first.
    """
    rules.check_verdict(verdict, comment)
    with transaction.atomic():
        case = _mine(case, by, "sign", version)
        reading = Reading.objects.create(
            case=case, reader=by, verdict=verdict, comment=comment.strip(), shown_analysis=case.top_analysis
        )
        return _freeze(case, reading, by=by, move="sign", number=1, reason="")


def amend(*, case: Case, by: User, verdict: str, comment: str, reason: str, version: int) -> Report:
    """Add a version to a signed report, with the reason; the old one stays readable.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`, `verdict_missing`, `comment_missing`.
        Conflict: somebody amended it since the page was made.
    """
    rules.check_verdict(verdict, comment)
    rules.check_reason(reason)
    with transaction.atomic():
        case = _mine(case, by, "amend", version)
        reading = Reading.objects.create(
            case=case, reader=by, verdict=verdict, comment=comment.strip(), shown_analysis=case.top_analysis
        )
        number = case.reports.count() + 1
        return _freeze(case, reading, by=by, move="amend", number=number, reason=reason.strip()[:500])


def _freeze(case: Case, reading: Reading, *, by: User, move: str, number: int, reason: str) -> Report:
    now = timezone.now()
    content = report_content(case, reading, by=by, at=now.isoformat(), number=number, reason=reason)
    report = Report(
        case=case,
        version=number,
        reading=reading,
        signed_by=by,
        signed_at=now,
        reason=reason,
        content=content,
        content_sha256=content_sha256(content),
    )
    report.save()
    case.state, case.claimed_by, case.lease_until = rules.MOVES[move].target, None, None
    case.version += 1
    case.save(update_fields=["state", "claimed_by", "lease_until", "version"])
    events.record(
        rules.MOVES[move].event, by=by, case=case, report=report.pk, version=number, sha256=report.content_sha256
    )
    return report


def report_content(case: Case, reading: Reading, *, by: User, at: str, number: int, reason: str) -> dict[str, Any]:
    """All that a signature stands for: patient, pictures by hash, verdict and text, and what the model had said."""
    patient = case.patient
    return {
        "case": case.number,
        "version": number,
        "patient": {
            "patient_id": patient.patient_id if patient else "",
            "name": patient.name if patient else "",
            "birth_date": patient.birth_date.isoformat() if patient and patient.birth_date else "",
            "sex": patient.sex if patient else "",
        },
        "study_date": case.study_date.isoformat() if case.study_date else "",
        "clinical_question": case.clinical_question,
        "pictures": list(case.radiographs.values("original_sha256", "pixel_sha256")),
        "verdict": reading.verdict,
        "comment": reading.comment,
        "model": [_said(row) for row in _newest_analyses(case)],
        "signed_by": {"username": by.username, "name": by.full_name},
        "signed_at": at,
        "reason": reason,
    }


def _newest_analyses(case: Case) -> list[Analysis]:
    rows = Analysis.objects.filter(radiograph__case=case, state="done").select_related("model_version")
    newest = {(row.radiograph_id, row.model_version_id): row for row in rows.order_by("run", "pk")}
    return list(newest.values())


def _said(row: Analysis) -> dict[str, Any]:
    return {
        "model": str(row.model_version),
        "bundle_sha256": row.model_version.sha256,
        "probability": row.positive_probability,
        "positive": row.model_version.positive,
        "band": row.band,
        "thresholds": row.thresholds,
        "run": row.run,
    }


def content_sha256(content: dict[str, Any]) -> str:
    """SHA-256 over the content as canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
