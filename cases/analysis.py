"""The line from an id to a probability: prepare_radiograph, score, and the records they leave.

Every step may run twice, at once or after a crash: a step first claims its row (attempts + lease, compare and set), and
records only if the row is still its own. What is left half way is rung again by cases/sweeper.py.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from cases import bell, events, pulse, rules, storage
from cases.models import Analysis, Case, ModelVersion, Radiograph, Site
from inference.errors import InferenceError, RadiographError, reason
from inference.preprocessing import Preprocessing
from inference.quality import Scope

log = logging.getLogger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError)  # nothing can be recorded: the lease ends, the sweeper rings again


# ---- reading the picture (reader worker) ----


def prepare_radiograph(radiograph_id: int) -> None:
    """Read one radiograph: pixels, header, verdict, rendition, arrays; then ask for its analyses."""
    radiograph = claim_radiograph(radiograph_id)
    if radiograph is None:
        return
    began = time.monotonic()
    try:
        _read_and_record(radiograph, began)
    except RadiographError as error:
        record_radiograph_failure(radiograph, error.code, error.values)
    except FileNotFoundError:
        record_radiograph_failure(radiograph, "storage_missing")
    except SoftTimeLimitExceeded:
        record_radiograph_failure(radiograph, "took_too_long")
    except MemoryError:
        record_radiograph_failure(radiograph, "out_of_memory")
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is, the case says so at once instead of after its lease
        log.error("radiograph %s: %s", radiograph.pk, type(error).__name__)
        record_radiograph_failure(radiograph, "internal_error")


def claim_radiograph(radiograph_id: int) -> Radiograph | None:
    """Take a radiograph that waits, or whose last reader is gone; None when it is done or in other hands."""
    now = timezone.now()
    free = Q(state="waiting") | Q(state="reading", lease_until__lt=now)
    with transaction.atomic():
        taken = Radiograph.objects.filter(free, pk=radiograph_id, **_TRIES_LEFT).update(
            state="reading",
            attempts=F("attempts") + 1,
            worker=pulse.this_worker(),
            lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        )
        if not taken:
            return None
        radiograph = Radiograph.objects.select_related("case").get(pk=radiograph_id)
        settle(radiograph.case)
    return radiograph


def _read_and_record(radiograph: Radiograph, began: float) -> None:
    from inference.prepare import prepare  # decoders: only where pictures are read

    data = storage.get(radiograph.original_key)
    versions = running_versions()
    prepared = prepare(data, preprocessings_of(versions), scope_of(versions))
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
    for fingerprint, array in prepared.arrays.items():
        storage.put_array(radiograph.array_key(fingerprint), array)
    record_prepared(radiograph, versions, seconds=time.monotonic() - began)


def record_prepared(radiograph: Radiograph, versions: list[ModelVersion], *, seconds: float) -> None:
    """Write what was read, join the study, and open the analyses; or say why there is none."""
    from cases.intake.services import place_in_study

    with transaction.atomic():
        if not _still_mine(radiograph):
            return
        radiograph.lease_until = None
        radiograph.read_at = timezone.now()
        radiograph.read_seconds = round(seconds, 4)
        radiograph.failure_code, radiograph.failure_values = "", {}
        scorable = not radiograph.refusals or radiograph.case.kind == "phantom"
        radiograph.state = "read" if scorable else "not_scored"
        radiograph.save()
        if not place_in_study(radiograph):
            return
        if scorable:
            open_analyses(radiograph, versions)
        settle(radiograph.case)


def _still_mine(radiograph: Radiograph) -> bool:
    return (
        Radiograph.objects.select_for_update()
        .filter(pk=radiograph.pk, state="reading", attempts=radiograph.attempts)
        .exists()
    )


def record_radiograph_failure(radiograph: Radiograph, code: str, values: Mapping[str, Any] | None = None) -> None:
    """Write why a picture could not be read; one that a retry can help waits for the sweeper instead."""
    with transaction.atomic():
        if not _still_mine(radiograph):
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


_TRIES_LEFT = {"strikes__lt": settings.MAX_STRIKES, "attempts__lt": settings.MAX_ATTEMPTS}


def tries_left(row: Radiograph | Analysis) -> bool:
    """Whether a row that ended once more may be tried again.

    A strike is an attempt that ended although its worker lived on: the input is the suspect. An attempt that ended with
    its worker is not held against the input, but there is an end to these too.
    """
    return row.strikes + 1 < settings.MAX_STRIKES and row.attempts < settings.MAX_ATTEMPTS


# ---- which models answer ----


def running_versions() -> list[ModelVersion]:
    """The active version of every model name."""
    return list(ModelVersion.objects.filter(active=True).order_by("name"))


def preprocessings_of(versions: list[ModelVersion]) -> dict[str, Preprocessing]:
    """The distinct preparations that these versions ask for, by fingerprint."""
    asked = (Preprocessing.from_dict(version.preprocessing) for version in versions)
    return {preprocessing.fingerprint: preprocessing for preprocessing in asked}


def scope_of(versions: list[ModelVersion]) -> Scope:
    """The scope of the primary model, or of the first; an empty one when no model runs."""
    primary = Site.current().primary_model
    ordered = sorted(versions, key=lambda version: version.name != primary)
    return Scope.from_dict(ordered[0].scope) if ordered else Scope()


def open_analyses(radiograph: Radiograph, versions: list[ModelVersion], run: int = 1) -> None:
    """One waiting analysis per version and run; those that are there already are rung again."""
    for version in versions:
        analysis, _ = Analysis.objects.get_or_create(radiograph=radiograph, model_version=version, run=run)
    for analysis in radiograph.analyses.filter(state="waiting"):
        bell.ring_score(analysis.pk, radiograph.case.priority)


# ---- scoring (inference worker) ----


def score(analysis_id: int) -> None:
    """Put one radiograph's array to the engine and record what it says."""
    analysis = claim_analysis(analysis_id)
    if analysis is None:
        return None
    try:
        array = storage.get_array(_array_key(analysis))
    except FileNotFoundError:
        return send_back_to_reader(analysis)
    try:
        from cases.engines import engine_for

        engine = engine_for(analysis.model_version)
        prediction = engine.predict(array, timeout_s=settings.SCORE_SECONDS).result(settings.SCORE_SECONDS + 1)
    except InferenceError as error:
        return record_analysis_failure(analysis, error.code)
    except TimeoutError:
        return record_analysis_failure(analysis, "deadline_exceeded")
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 as above
        log.error("analysis %s: %s", analysis.pk, type(error).__name__)
        return record_analysis_failure(analysis, "internal_error")
    seconds = {"queue": prediction.queue_seconds, "network": prediction.network_seconds}
    return record_analysis(analysis, prediction.probabilities, seconds)


def claim_analysis(analysis_id: int) -> Analysis | None:
    """Take an analysis that waits, or whose last worker is gone; None when it is done or in other hands."""
    now = timezone.now()
    free = Q(state="waiting") | Q(state="running", lease_until__lt=now)
    with transaction.atomic():
        taken = Analysis.objects.filter(free, pk=analysis_id, **_TRIES_LEFT).update(
            state="running",
            attempts=F("attempts") + 1,
            worker=pulse.this_worker(),
            lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
        )
        if not taken:
            return None
        analysis = Analysis.objects.select_related("radiograph__case", "model_version").get(pk=analysis_id)
        settle(analysis.radiograph.case)
    return analysis


def _array_key(analysis: Analysis) -> str:
    preprocessing = Preprocessing.from_dict(analysis.model_version.preprocessing)
    return analysis.radiograph.array_key(preprocessing.fingerprint)


def send_back_to_reader(analysis: Analysis) -> None:
    """The prepared array is gone or of another preparation: the picture is read again, the analysis waits."""
    radiograph = analysis.radiograph
    with transaction.atomic():
        if not _analysis_still_mine(analysis):
            return
        Analysis.objects.filter(pk=analysis.pk).update(state="waiting", lease_until=None, rung_at=timezone.now())
        Radiograph.objects.filter(pk=radiograph.pk, state__in=["read", "not_scored"]).update(
            state="waiting", attempts=0, strikes=0, rung_at=timezone.now()
        )
        settle(radiograph.case)
        bell.ring_read(radiograph.pk, radiograph.case.priority)


def record_analysis(analysis: Analysis, probabilities: dict[str, float], seconds: dict[str, float]) -> None:
    """Write the answer, the case's state and the event in one transaction; a second delivery finds nothing to do."""
    from inference.bundle import Thresholds

    version = analysis.model_version
    thresholds = Thresholds(**version.running_thresholds)
    probability = probabilities[version.positive]
    with transaction.atomic():
        if not _analysis_still_mine(analysis):
            return
        Analysis.objects.filter(pk=analysis.pk).update(
            state="done",
            lease_until=None,
            finished_at=timezone.now(),
            probabilities=probabilities,
            positive_probability=probability,
            band=thresholds.band(probability),
            thresholds=asdict(thresholds),
            seconds={name: round(value, 5) for name, value in seconds.items()},
        )
        case = analysis.radiograph.case
        events.record("analysed", by=None, case=case, analysis=analysis.pk, model=str(version), run=analysis.run)
        refresh_top_analysis(case)
        settle(case)


def _analysis_still_mine(analysis: Analysis) -> bool:
    return (
        Analysis.objects.select_for_update()
        .filter(pk=analysis.pk, state="running", attempts=analysis.attempts)
        .exists()
    )


def record_analysis_failure(analysis: Analysis, code: str) -> None:
    """Write why there is no answer; one that a retry can help waits for the sweeper instead."""
    with transaction.atomic():
        if not _analysis_still_mine(analysis):
            return
        again = reason(code).can_retry and tries_left(analysis)
        Analysis.objects.filter(pk=analysis.pk).update(
            state="waiting" if again else "failed",
            strikes=F("strikes") + 1,
            lease_until=None,
            rung_at=timezone.now(),
            failure_code=code,
        )
        settle(analysis.radiograph.case)


# ---- the case ----


def refresh_top_analysis(case: Case) -> None:
    """What the queue shows: per radiograph the newest run of the primary model, of these the highest."""
    newest: dict[int, Analysis] = {}
    primary = Site.current().primary_model
    done = Analysis.objects.filter(radiograph__case=case, state="done", model_version__name=primary)
    for analysis in done.order_by("run", "pk"):
        newest[analysis.radiograph_id] = analysis
    top = max(newest.values(), key=lambda analysis: analysis.positive_probability or 0.0, default=None)
    case.top_analysis = top
    case.top_probability = top.positive_probability if top else None
    case.band = top.band if top else ""
    case.band_rank = rules.BAND_RANK[case.band]
    case.save(update_fields=["top_analysis", "top_probability", "band", "band_rank"])


_MOVE_TO = {
    rules.State.RECEIVED: "wait",
    rules.State.CHECKING: "check",
    rules.State.QUEUED: "queue",
    rules.State.SCORING: "score",
    rules.State.READY: "finish",
    rules.State.NOT_SCORED: "refuse",
    rules.State.FAILED: "fail",
}


def settle(case: Case) -> None:
    """Bring a case that no person has in hand to the state its radiographs and analyses give, with the event."""
    case.refresh_from_db(fields=["state", "failure_code"])
    if case.state not in rules.IN_PROGRESS:
        return
    state, code = parts_state(case)
    if state == case.state:
        return
    move = rules.check_move(_MOVE_TO[state], case.state, rules.Role.SYSTEM)
    _set_state(case, state, code)
    details = {"reason": code} if code else {}
    events.record(move.event, by=None, case=case, **details)


def parts_state(case: Case) -> tuple[rules.State, str]:
    """The state that a case's parts give, and the code of the first reason when it is failed or not scored."""
    radiographs = list(case.radiographs.values_list("state", "failure_code", "refusals"))
    newest: dict[tuple[int, int], tuple[str, str]] = {}
    rows = Analysis.objects.filter(radiograph__case=case).exclude(state="cancelled").order_by("run", "pk")
    for radiograph_id, version_id, state, code in rows.values_list(
        "radiograph_id", "model_version_id", "state", "failure_code"
    ):
        newest[radiograph_id, version_id] = (state, code)
    parts = [state for state, _, _ in radiographs if state != "read"]
    parts += [f"analysis_{state}" for state, _ in newest.values()]
    if not newest and any(state == "read" for state, _, _ in radiographs):
        return rules.State.FAILED, "model_missing"
    settled = rules.settled(parts)
    if settled is rules.State.FAILED:
        codes = [code for _, code, _ in radiographs] + [code for _, code in newest.values()]
        return settled, next(filter(None, codes), "internal_error")
    if settled is rules.State.NOT_SCORED:
        return settled, next((refusals[0] for _, _, refusals in radiographs if refusals), "")
    return settled, ""


def _set_state(case: Case, state: rules.State, code: str) -> None:
    case.state, case.failure_code = state, code
    Case.objects.filter(pk=case.pk).update(state=state, failure_code=code)
