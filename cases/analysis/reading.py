"""Reader worker: a radiograph becomes pixels, header, verdict, rendition, arrays; then its analyses are asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cases import storage
from cases.analysis.ages import judge_age, refuse_by_age
from cases.analysis.failures import failure_of
from cases.analysis.gate import the_gate
from cases.analysis.overrides import was_overridden
from cases.analysis.settling import settle
from cases.analysis.shadows import open_shadows, ring_shadows
from cases.analysis.tries import DATABASE_AWAY, still_mine, take, tries_left
from cases.analysis.versions import open_analyses, preprocessings_of, running_versions, scope_of
from cases.models import ModelVersion, Radiograph
from inference.errors import reason


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
        if not take(Radiograph, radiograph_id, "reading"):
            return None
        radiograph = Radiograph.objects.select_related("case").get(pk=radiograph_id)
        settle(radiograph.case)
    return radiograph


def _read_and_record(radiograph: Radiograph, began: float) -> None:
    from inference.prepare import prepare  # decoders: only where pictures are read

    data = storage.get(radiograph.original_key)
    versions = running_versions()
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
    record_prepared(radiograph, versions, seconds=time.monotonic() - began)


def record_prepared(radiograph: Radiograph, versions: list[ModelVersion], *, seconds: float) -> None:
    """Write what was read, join the study, and open the analyses; or say why there is none."""
    from cases.intake.services import place_in_study

    with transaction.atomic():
        if not still_mine(radiograph, "reading"):
            return
        radiograph.lease_until = None
        radiograph.read_at = timezone.now()
        radiograph.read_seconds = round(seconds, 4)
        radiograph.failure_code, radiograph.failure_values = "", {}
        scorable = not radiograph.refusals or radiograph.case.kind == "phantom" or was_overridden(radiograph)
        radiograph.state = "read" if scorable else "not_scored"
        radiograph.save()
        if not place_in_study(radiograph):
            return
        judge_age(radiograph.case)
        if scorable and not refuse_by_age(radiograph):
            open_analyses(radiograph, versions)
            open_shadows(radiograph)
        settle(radiograph.case)
        ring_shadows(radiograph.case)


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
