"""A row as the passport says it. Each function takes one row and nothing else: it can be said again and compared.

People stand in these facts by their id; the passport says once who they are (`people`), as they were called and what
they were when it was sealed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from cases import events, storage
from cases.models import Analysis, Case, CriticalResult, Event, ModelVersion, Opinion, Radiograph, Reading, Report
from cases.reading.content import content_sha256
from cases.reports.row_seals import seal_of_case, seal_of_picture
from inference.preprocessing import Preprocessing

Facts = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """A moment in UTC, to the microsecond."""
    return events.instant(at) if at else None


def case_facts(row: Case) -> Facts:
    """Which case it is; the seal stands for the rest of its row that no longer changes once it is signed."""
    return {
        "number": row.number,
        "kind": row.kind,
        "received_at": instant(row.received_at),
        "seal": seal_of_case(row),
    }


def picture_facts(row: Radiograph) -> Facts:
    """The file as it came, its pixels, and what the gate said about them."""
    return {
        "id": row.pk,
        "format": row.format,
        "original_sha256": row.original_sha256,
        "original_bytes": row.original_bytes,
        "pixel_sha256": row.pixel_sha256,
        "height": row.height,
        "width": row.width,
        "bits": row.bits,
        "spacing_mm": row.spacing_mm,
        "view_position": row.view_position,
        "gate": {"state": row.state, "refusals": row.refusals, "notes": row.notes, "failure": row.failure_code},
        "seal": seal_of_picture(row),
    }


def stored_sha256(key: str) -> str:
    """SHA-256 of what lies under a key; empty where nothing does."""
    try:
        return hashlib.sha256(storage.get(key)).hexdigest() if key else ""
    except FileNotFoundError:
        return ""


def model_facts(row: ModelVersion) -> Facts:
    """A model version, with the preparation of pixels that it asks for."""
    return {
        "id": row.pk,
        "name": row.name,
        "version": row.version,
        "bundle_sha256": row.sha256,
        "classes": row.classes,
        "positive": row.positive,
        "calibrated": row.calibrated,
        "preprocessing": row.preprocessing,
        "preprocessing_fingerprint": Preprocessing.from_dict(row.preprocessing).fingerprint,
    }


def analysis_facts(row: Analysis) -> Facts:
    """What one model version said about one picture, with the two thresholds in force."""
    return {
        "id": row.pk,
        "picture": row.radiograph_id,
        "model": row.model_version_id,
        "run": row.run,
        "state": row.state,
        "failure": row.failure_code,
        "probabilities": row.probabilities,
        "probability": row.positive_probability,
        "band": row.band,
        "thresholds": row.thresholds,
        "asked_at": instant(row.created_at),
        "finished_at": instant(row.finished_at),
        "seconds": row.seconds,
    }


def reading_facts(row: Reading) -> Facts:
    """A saved reading: its verdict, and the hash of all that it says."""
    said = [row.pk, row.case_id, row.reader_id, row.verdict, row.comment, instant(row.at), row.shown_analysis_id]
    said += [row.findings] if row.findings else []  # older passports keep their hash
    said += [row.about_model] if row.about_model else []
    return {
        "id": row.pk,
        "by": row.reader_id,
        "at": instant(row.at),
        "verdict": row.verdict,
        "shown_analysis": row.shown_analysis_id,
        "sha256": content_sha256(said),
    }


def opinion_facts(row: Opinion) -> Facts:
    """What a reader thought while something was kept back, with the hash of the text."""
    return {
        "id": row.pk,
        "case": row.case_id,
        "by": row.reader_id,
        "at": instant(row.at),
        "kind": row.kind,
        "verdict": row.verdict,
        "confidence": row.confidence,
        "analysis": row.analysis_id,
        "comment_sha256": content_sha256(row.comment),
    }


def report_facts(row: Report) -> Facts:
    """A signed version with its whole content and its hash."""
    return {
        "version": row.version,
        "by": row.signed_by_id,
        "at": instant(row.signed_at),
        "reason": row.reason,
        "reading": row.reading_id,
        "content": row.content,
        "content_sha256": row.content_sha256,
    }


def call_facts(row: CriticalResult) -> Facts:
    """A critical finding with its call."""
    return {
        "id": row.pk,
        "state": row.state,
        "finding": row.finding,
        "found_at": instant(row.found_at),
        "called_by": row.called_by,
        "received_by": row.received_by,
        "received_at": instant(row.received_at),
        "how": row.how,
    }


def event_facts(row: Event) -> Facts:
    """Who did what, when, and the seal that chains it to the one before; its details stay in the database."""
    return {"seq": row.seq, "at": instant(row.at), "by": row.actor_id, "verb": row.verb, "mac": row.mac}
