"""Versions in the shadow: asked after the answer that readers wait for, kept apart from all that readers see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from cases import bell, events, storage
from cases.analysis.failures import failure_of
from cases.analysis.tries import DATABASE_AWAY
from cases.models import Analysis, ModelVersion, Radiograph
from inference.preprocessing import Preprocessing
from inference.quality import Scope


def is_drawn(version: ModelVersion, case_id: int, share: float | None = None) -> bool:
    """Whether a case is one of a version's share (0 to 1; None: the version's own).

    The same case is always drawn the same way, and a larger share holds all cases of a smaller one.
    """
    drawn = hashlib.sha256(f"{version.sha256}:{case_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") / 2**64 < (version.shadow_share if share is None else share)


def open_shadows(radiograph: Radiograph, versions: Iterable[ModelVersion]) -> None:
    """On arrival: one waiting analysis for every version in whose share the case is drawn."""
    for version in versions:
        if is_drawn(version, radiograph.case_id):
            open_shadow(radiograph, version)


def open_shadow(radiograph: Radiograph, version: ModelVersion) -> Analysis:
    """The one analysis of a picture by a version in the shadow; it is there once, however often it is asked for."""
    found, _ = Analysis.everything.get_or_create(radiograph=radiograph, model_version=version, run=1, shadow=True)
    return found


def ring(owed: Iterable[int]) -> None:
    """Ask for what the shadow still owes, behind all other work."""
    for pk in owed:
        bell.ring_score(pk, "background")


def note_answer(analysis: Analysis) -> None:
    """The event of an answer in the shadow: in the model's stream, since readers see those of the case."""
    version = analysis.model_version
    stream = f"model:{version.name}"
    events.record("answered_in_shadow", by=None, stream=stream, analysis=analysis.pk, version=str(version))


def ask_for_array(analysis: Analysis) -> None:
    """This version's preparation of the picture is not there: a reader worker makes it, the picture's row is left."""
    if analysis.attempts >= settings.MAX_STRIKES:
        _give_up(analysis.pk, "decoder_crashed")
        return
    Analysis.everything.filter(pk=analysis.pk, state="running", attempts=analysis.attempts).update(
        state="waiting", lease_until=None, rung_at=timezone.now()
    )
    bell.ring_array(analysis.pk)


def prepare_array(analysis_id: int) -> None:
    """Reader worker: make the array that a waiting analysis in the shadow needs, then ring the inference worker."""
    waiting = Analysis.everything.filter(shadow=True, state="waiting")
    analysis = waiting.select_related("radiograph", "model_version").filter(pk=analysis_id).first()
    if analysis is None:
        return
    try:
        _prepare(analysis.radiograph, analysis.model_version)
        bell.ring_score(analysis_id, "background")
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 nobody waits for it, and nobody would ask again
        _give_up(analysis_id, failure_of(error, f"analysis {analysis_id}")[0])


def _prepare(radiograph: Radiograph, version: ModelVersion) -> None:
    from inference.prepare import prepare  # decoders: only where pictures are read

    preprocessing = Preprocessing.from_dict(version.preprocessing)
    data = storage.get(radiograph.original_key)
    prepared = prepare(data, {preprocessing.fingerprint: preprocessing}, Scope.from_dict(version.scope))
    for fingerprint, array in prepared.arrays.items():
        storage.put_array(radiograph.array_key(fingerprint), array)


def _give_up(analysis_id: int, code: str) -> None:
    Analysis.everything.filter(pk=analysis_id, shadow=True, state__in=["waiting", "running"]).update(
        state="failed", failure_code=code, lease_until=None, finished_at=timezone.now()
    )
