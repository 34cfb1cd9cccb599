"""What a signature stands for: the content of a report, and its hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from cases.models import Analysis, Case, Reading, User


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
        "model": [_said(row) for row in newest_answers(case)],
        "signed_by": {"username": by.username, "name": by.full_name},
        "signed_at": at,
        "reason": reason,
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


def content_sha256(content: dict[str, Any]) -> str:
    """SHA-256 over the content as canonical JSON (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
