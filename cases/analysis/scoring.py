"""Inference worker: one prepared array becomes probabilities, a band and the case's place in the queue."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cases import bell, storage
from cases.analysis import shadows
from cases.analysis.seals import seal_of
from cases.analysis.settling import locked, move_on, settle
from cases.analysis.tries import DATABASE_AWAY, still_mine, take, tries_left, write_if_mine
from cases.analysis.versions import VERSION
from cases.events import Happened
from cases.models import Analysis, Embedding, Radiograph
from cases.selects import Fields, Row, Select
from cases.writes import insert_rows
from inference.errors import InferenceError, reason
from inference.preprocessing import Preprocessing

log = logging.getLogger(__name__)
_ANALYSIS, _RADIOGRAPH = Fields(Analysis), Fields(Radiograph, of="radiograph")
_BY_KEY = Select(
    lambda pk: Analysis.everything.filter(pk=pk).values_list(*_ANALYSIS.columns, *_RADIOGRAPH.columns, *VERSION.columns)
)


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
    return record_analysis(analysis, prediction.probabilities, seconds, prediction.embedding)


def claim_analysis(analysis_id: int) -> Analysis | None:
    """Take an analysis that waits, or whose last worker is gone; None when it is done or in other hands."""
    with transaction.atomic():
        values = _BY_KEY.first(analysis_id)
        analysis = _with_relations(values) if values else None
        if analysis is None or not take(analysis, "running"):
            return None
        _bring_case_along(analysis)
    return analysis


def _with_relations(values: Row) -> Analysis:
    analysis, values = _ANALYSIS.taken(values)
    analysis.radiograph, values = _RADIOGRAPH.taken(values)
    analysis.model_version, _ = VERSION.taken(values)
    return analysis


def _bring_case_along(analysis: Analysis, *happened: Happened, answered: bool = False) -> None:
    """An answer in the shadow leaves the case untouched, and is asked for once the others are there."""
    if not analysis.shadow:
        case = analysis.radiograph.case = locked(analysis.radiograph.case_id)
        shadows.ring(move_on(case, after=happened, answered=answered))


def _array_key(analysis: Analysis) -> str:
    preprocessing = Preprocessing.from_dict(analysis.model_version.preprocessing)
    return analysis.radiograph.array_key(preprocessing.fingerprint)


def send_back_to_reader(analysis: Analysis) -> None:
    """The prepared array is gone or of another preparation: the picture is read again, the analysis waits."""
    radiograph = analysis.radiograph
    with transaction.atomic():
        if not still_mine(analysis, "running"):
            return
        if analysis.shadow:
            shadows.ask_for_array(analysis)
            return
        Analysis.everything.filter(pk=analysis.pk).update(state="waiting", lease_until=None, rung_at=timezone.now())
        Radiograph.objects.filter(pk=radiograph.pk, state__in=["read", "not_scored"]).update(
            state="waiting", attempts=0, strikes=0, rung_at=timezone.now()
        )
        settle(radiograph.case)
        bell.ring_read(radiograph.pk, radiograph.case.priority)


def record_analysis(
    analysis: Analysis, probabilities: dict[str, float], seconds: dict[str, float], embedding: bytes = b""
) -> None:
    """Write the answer, the case's state and the event in one transaction; a second delivery finds nothing to do."""
    from inference.bundle import Thresholds

    version = analysis.model_version
    thresholds = Thresholds(**version.running_thresholds)
    probability = probabilities[version.positive]
    answer: dict[str, Any] = {
        "probabilities": probabilities,
        "positive_probability": probability,
        "band": thresholds.band(probability),
        "thresholds": asdict(thresholds),
    }
    with transaction.atomic():
        done = {"state": "done", "lease_until": None, "finished_at": timezone.now()}
        spent = {"seconds": {name: round(value, 5) for name, value in seconds.items()}}
        if not write_if_mine(analysis, "running", done | answer | spent):
            return
        if analysis.shadow:
            shadows.note_answer(analysis)
            return
        if embedding:
            insert_rows([Embedding(analysis=analysis, model_version=version, vector=embedding)])
        seal = seal_of(analysis.pk, answer)
        said = {"analysis": analysis.pk, "model": str(version), "run": analysis.run, "seal": seal}
        _bring_case_along(analysis, ("analysed", said), answered=True)


def record_analysis_failure(analysis: Analysis, code: str) -> None:
    """Write why there is no answer; one that a retry can help waits for the sweeper instead."""
    with transaction.atomic():
        if not still_mine(analysis, "running"):
            return
        again = reason(code).can_retry and tries_left(analysis)
        Analysis.everything.filter(pk=analysis.pk).update(
            state="waiting" if again else "failed",
            strikes=F("strikes") + 1,
            lease_until=None,
            rung_at=timezone.now(),
            failure_code=code,
        )
        _bring_case_along(analysis)
