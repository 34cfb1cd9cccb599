"""Reader worker: a radiograph becomes pixels, header, verdict, rendition, arrays; then its analyses are asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cases import storage
from cases.analysis import shadows
from cases.analysis.ages import age_by_record, note_ages
from cases.analysis.failures import failure_of
from cases.analysis.gate import the_gate
from cases.analysis.scopes import ask_models, judge_scopes
from cases.analysis.settling import locked, move_on, settle
from cases.analysis.tries import DATABASE_AWAY, still_mine, take, tries_left, write_if_mine
from cases.analysis.versions import active_among, preprocessings_of, scope_of, versions_asked
from cases.models import ModelVersion, Radiograph
from cases.selects import Fields, Select
from inference.errors import reason

_RADIOGRAPH = Fields(Radiograph)
_BY_KEY = Select(lambda pk: Radiograph.objects.filter(pk=pk).values_list(*_RADIOGRAPH.columns))
FOUND = (
    *("pixel_sha256", "height", "width", "bits", "spacing_mm", "tags", "view_position", "modality"),
    *("refusals", "notes", "rendition_key", "thumbnail_key", "deep_key"),
)


def prepare_radiograph(radiograph_id: int) -> None:
    """Read one radiograph: pixels, header, verdict, rendition, arrays; then ask for its analyses."""
    radiograph = claim_radiograph(radiograph_id)
    if radiograph is None:
        return
    began = time.monotonic()
    try:
        _read_and_record(radiograph, began)
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is, the case says so at once instead of after its lease
        record_radiograph_failure(radiograph, *failure_of(error, f"radiograph {radiograph.pk}"))


def claim_radiograph(radiograph_id: int) -> Radiograph | None:
    """Take a radiograph that waits, or whose last reader is gone; None when it is done or in other hands."""
    with transaction.atomic():
        values = _BY_KEY.first(radiograph_id)
        radiograph = _RADIOGRAPH.row(values) if values else None
        if radiograph is None or not take(radiograph, "reading"):
            return None
        radiograph.case = locked(radiograph.case_id)
        move_on(radiograph.case)
    return radiograph


def _read_and_record(radiograph: Radiograph, began: float) -> None:
    from inference.prepare import prepare  # decoders: only where pictures are read

    data = storage.get(radiograph.original_key)
    asked = versions_asked()
    versions = active_among(asked)
    prepared = prepare(data, preprocessings_of(versions), scope_of(versions), the_gate(), for_workstation=True)
    found = prepared.radiograph
    radiograph.pixel_sha256 = found.pixel_sha256
    radiograph.height, radiograph.width = found.values.shape
    radiograph.bits = found.bits
    radiograph.spacing_mm = found.spacing_mm
    radiograph.tags = found.tags
    radiograph.view_position = found.tags.get("ViewPosition", "")[:16]
    radiograph.modality = found.tags.get("Modality", "")[:16]
    radiograph.refusals = list(prepared.verdict.refusals)
    radiograph.notes = list(prepared.verdict.notes)
    base = f"{radiograph.pk}-{found.pixel_sha256[:16]}"
    radiograph.rendition_key = storage.put(f"renditions/{base}.jpg", prepared.rendition)
    radiograph.thumbnail_key = storage.put(f"thumbnails/{base}.jpg", prepared.thumbnail)
    radiograph.deep_key = storage.put(f"deep/{base}.bin", prepared.deep) if prepared.deep else ""
    for fingerprint, array in prepared.arrays.items():
        storage.put_array(radiograph.array_key(fingerprint), array)
    record_prepared(radiograph, asked, seconds=time.monotonic() - began)


def record_prepared(radiograph: Radiograph, asked: list[ModelVersion], *, seconds: float) -> None:
    """Write what was read, join the study, and open the analyses of these versions; or say why there is none."""
    from cases.intake.services import place_in_study

    with transaction.atomic():
        judge_scopes(radiograph, asked)
        if not _written(radiograph, seconds):
            return
        radiograph.case = locked(radiograph.case_id)
        if not place_in_study(radiograph):
            return
        radiograph.notes = note_ages(radiograph.case, active_among(asked))[radiograph.pk]
        _ask_models(radiograph, asked)
        shadows.ring(move_on(radiograph.case, was_read=True))


def _ask_models(radiograph: Radiograph, asked: list[ModelVersion]) -> None:
    """Ask those who may judge the picture, now that its patient is known: the record may tell an age."""
    by_header = (radiograph.state, radiograph.refusals)
    refused = judge_scopes(radiograph, asked, age_by_record(radiograph.case))
    if (radiograph.state, radiograph.refusals) != by_header:
        radiograph.save(update_fields=["refusals", "state"])
    if radiograph.state == "read":
        ask_models(radiograph, asked, refused)


def _written(radiograph: Radiograph, seconds: float) -> bool:
    """Compare and set: what was found, unless somebody else has taken the row meanwhile."""
    radiograph.lease_until = None
    ended = {"read_at": timezone.now(), "read_seconds": round(seconds, 4), "failure_code": "", "failure_values": {}}
    found = {name: getattr(radiograph, name) for name in ("state", "lease_until", *FOUND)}
    return write_if_mine(radiograph, "reading", found | ended)


def record_radiograph_failure(radiograph: Radiograph, code: str, values: Mapping[str, Any] | None = None) -> None:
    """Write why a picture could not be read; one that a retry can help waits for the sweeper instead."""
    with transaction.atomic():
        if not still_mine(radiograph, "reading"):
            return
        again = reason(code).can_retry and tries_left(radiograph)
        Radiograph.objects.filter(pk=radiograph.pk).update(
            state="waiting" if again else "failed",
            strikes=F("strikes") + 1,
            lease_until=None,
            rung_at=timezone.now(),
            failure_code=code,
            failure_values={name: str(value)[:100] for name, value in (values or {}).items()},
        )
        settle(radiograph.case)
