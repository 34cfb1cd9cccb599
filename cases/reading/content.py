"""What a signature stands for: the content of a report, and its hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cases.findings.lines import worded
from cases.models import Analysis, Case, CriticalResult, Radiograph, Reading, User


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
        "pictures": [_picture(row) for row in case.radiographs.order_by("pk")],
        "verdict": reading.verdict,
        "comment": reading.comment,
        "findings": worded(reading.findings),
        "about_model": reading.about_model,
        "critical_results": [call_content(row) for row in case.critical_results.order_by("pk") if row.is_kept],
        "model": [_said(row) for row in newest_answers(case)],
        "signed_by": {"username": by.username, "name": by.full_name},
        "signed_at": at,
        "reason": reason,
    }


def _picture(row: Radiograph) -> dict[str, Any]:
    """The picture by hash, and how it lay before the reader where that was not as stored."""
    hashes = {"original_sha256": row.original_sha256, "pixel_sha256": row.pixel_sha256}
    return hashes | ({"orientation": row.orientation} if row.orientation else {})


def call_content(row: CriticalResult) -> dict[str, Any]:
    """The six fields, as far as they are known."""
    return {
        "id": row.pk,
        "finding": row.finding,
        "found_at": row.found_at.isoformat(),
        "called_by": row.called_by,
        "received_by": row.received_by,
        "received_at": row.received_at.isoformat() if row.received_at else "",
        "how": row.how,
    }


def newest_answers(case: Case) -> list[Analysis]:
    """Per radiograph and model version the newest finished run."""
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


def canonical(content: Any) -> str:
    """JSON that is the same text for the same content: sorted keys, no spaces, no escapes that UTF-8 does without."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def content_sha256(content: Any) -> str:
    """SHA-256 over the content as canonical JSON."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
