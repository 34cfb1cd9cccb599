"""Signed cases made by the real services: through the door, read by the worker's function, scored, signed."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from cases import analysis
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Analysis, Case, User
from tests.cases.reading.acts import sign_case
from tests.inference import pictures as made
from tests.making import THRESHOLDS, make_model


def chest(seed: int, patch: int = 0) -> np.ndarray:
    """A drawn chest, uint8 (160, 144), another one for each seed; brighter in the middle by `patch`."""
    rng = np.random.default_rng(seed)
    noise = np.asarray(Image.fromarray(rng.integers(0, 40, (9, 8), dtype=np.uint8)).resize((144, 160)), np.int16)
    values = made.torso().astype(np.int16) * 3 // 4 + noise
    values[60:110, 40:110] += patch
    return np.clip(values, 0, 255).astype(np.uint8)


def case_of(
    data: bytes,
    by: User,
    *,
    name: str = "chest",
    kind: str = "clinical",
    confirm_duplicate: bool = False,
    **details: Any,
) -> Case:
    """A case that is ready to be read, with a finished analysis; not scored where the gate says so."""
    make_model()
    upload = receive_upload(
        content=ContentFile(data),
        name=name,
        by=by,
        details=UploadDetails(**details),
        kind=kind,
        confirm_duplicate=confirm_duplicate,
    )
    analysis.prepare_radiograph(upload.radiograph_id)
    for row in Analysis.objects.filter(radiograph=upload.radiograph_id, state="waiting"):
        _finish(row)
    upload.refresh_from_db()
    return Case.objects.get(pk=upload.case_id)


def _finish(row: Analysis) -> None:
    Analysis.objects.filter(pk=row.pk).update(
        state="done", positive_probability=0.75, band="likely", thresholds=THRESHOLDS, finished_at=timezone.now()
    )
    analysis.refresh_top_analysis(row.radiograph.case)
    analysis.settle(row.radiograph.case)


def signed(data: bytes, alice: User, bob: User, verdict: str = "normal", **options: Any) -> Case:
    """The same, signed by bob."""
    case = case_of(data, alice, **options)
    sign_case(case, bob, verdict, "because" if verdict in ("uncertain", "not_diagnostic") else "")
    case.refresh_from_db()
    return case
