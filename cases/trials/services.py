"""A trial: one picture through the same two queues, no case, nothing kept."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import close_old_connections, transaction

from cases import bell, pulse, storage
from cases.models import ModelVersion, Site, Trial
from inference import door
from inference.errors import InferenceError, RadiographError, reason
from inference.preprocessing import Preprocessing
from inference.quality import Scope
from inference.trial import Refusal, TrialAnswer, refuse, refuse_for

log = logging.getLogger(__name__)
ANSWER_SECONDS = 30.0
LOOK_SECONDS = 0.1


async def try_picture(data: bytes, language: str, user_id: int) -> TrialAnswer:
    """Ask the workers about one picture and wait for the answer; everything of it is deleted afterwards."""
    try:
        await sync_to_async(door.look)(data[: door.HEAD_BYTES], len(data))
    except RadiographError as error:
        return refuse_for(error, language)
    try:
        return await _answered(data, language, user_id)
    finally:
        # No request of Django's ends here that would give the connection back, or drop one that the server has ended.
        await asyncio.shield(sync_to_async(close_old_connections)())


async def _answered(data: bytes, language: str, user_id: int) -> TrialAnswer:
    trial = await sync_to_async(open_trial)(data, user_id)
    if isinstance(trial, str):
        return refuse(trial, language)
    try:
        return await _wait_for(trial, language)
    finally:
        await asyncio.shield(sync_to_async(drop_trial)(trial))


def open_trial(data: bytes, user_id: int) -> Trial | str:
    """Store the bytes and ring the reader; the code of the reason where nobody could answer."""
    version = _primary_version()
    if version is None:
        return "model_missing"
    if not (pulse.alive("infer") and pulse.alive("read")):
        return "no_inference_worker"
    from cases.tasks import read_trial

    with transaction.atomic():
        trial = Trial.objects.create(by_id=user_id, model_version=version)
        storage.put(trial.key("original"), data)
        bell.ring_trial(read_trial, str(trial.pk), "read")
    return trial


def _primary_version() -> ModelVersion | None:
    running = ModelVersion.objects.filter(active=True)
    return running.filter(name=Site.current().primary_model).first() or running.first()


async def _wait_for(trial: Trial, language: str) -> TrialAnswer:
    deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        fresh = await Trial.objects.select_related("model_version").aget(pk=trial.pk)
        if fresh.state in ("done", "failed"):
            return await sync_to_async(answer_of)(fresh, language)
        await asyncio.sleep(LOOK_SECONDS)
    return refuse("deadline_exceeded", language)


def answer_of(trial: Trial, language: str) -> TrialAnswer:
    """What the row says, in the reader's language."""
    result, version = trial.result, trial.model_version
    refusal = None
    if code := result.get("refusal"):
        row, values = reason(code), result.get("values", {})
        refusal = Refusal(code, row.message(language, **values), row.next_step(language, **values))
    rendition = result.get("rendition")
    return TrialAnswer(
        rendition=base64.b64decode(rendition) if rendition else None,
        probabilities=result.get("probabilities", {}),
        positive=version.positive,
        band=result.get("band", ""),
        sensitive=version.running_thresholds["sensitive"],
        specific=version.running_thresholds["specific"],
        calibrated=version.calibrated,
        model=version.name,
        version=version.version,
        notes=tuple(reason(code).message(language) for code in result.get("notes", [])),
        queue_seconds=result.get("queue_seconds"),
        refusal=refusal,
    )


def prepare_trial(trial_id: str) -> None:
    """Reader worker: read the picture, keep rendition and array, ring the inference worker."""
    _step(trial_id, "waiting", _prepare)


def _prepare(trial: Trial) -> None:
    from cases.analysis.gate import the_gate
    from cases.tasks import score_trial
    from inference.prepare import prepare

    version = trial.model_version
    preprocessing = Preprocessing.from_dict(version.preprocessing)
    prepared = prepare(
        storage.get(trial.key("original")),
        {preprocessing.fingerprint: preprocessing},
        Scope.from_dict(version.scope),
        the_gate(),
    )
    refusals = prepared.verdict.refusals
    result = {
        "rendition": base64.b64encode(prepared.rendition).decode(),
        "notes": list(prepared.verdict.notes),
        "refusal": refusals[0] if refusals else "",
    }
    if not refusals:
        storage.put_array(trial.key("array.npy"), prepared.arrays[preprocessing.fingerprint])
    with transaction.atomic():
        _keep(trial, "failed" if refusals else "prepared", result)
        if not refusals:
            bell.ring_trial(score_trial, str(trial.pk), "infer")


def score_trial(trial_id: str) -> None:
    """Inference worker: ask the engine."""
    _step(trial_id, "prepared", _score)


def _score(trial: Trial) -> None:
    from cases.engines import engine_for
    from inference.bundle import Thresholds

    version = trial.model_version
    array = storage.get_array(trial.key("array.npy"))
    prediction = engine_for(version).predict(array, timeout_s=settings.SCORE_SECONDS).result(settings.SCORE_SECONDS + 1)
    probability = prediction.probabilities[version.positive]
    result = {
        **trial.result,
        "probabilities": prediction.probabilities,
        "band": Thresholds(**version.running_thresholds).band(probability),
        "queue_seconds": prediction.queue_seconds,
    }
    _keep(trial, "done", result)


def _step(trial_id: str, state: str, work: Callable[[Trial], None]) -> None:
    trial = Trial.objects.select_related("model_version").filter(pk=trial_id, state=state).first()
    if trial is None:
        return
    try:
        work(trial)
    except InferenceError as error:
        values = {name: str(value)[:100] for name, value in error.values.items()}
        _keep(trial, "failed", {**trial.result, "refusal": error.code, "values": values})
    except (TimeoutError, SoftTimeLimitExceeded):
        _keep(trial, "failed", {**trial.result, "refusal": "took_too_long"})
    except MemoryError:
        _keep(trial, "failed", {**trial.result, "refusal": "out_of_memory"})
    except FileNotFoundError:
        log.info("trial %s was dropped while it was worked on", trial.pk)


def _keep(trial: Trial, state: str, result: dict[str, Any]) -> None:
    Trial.objects.filter(pk=trial.pk, state=trial.state).update(state=state, result=result)


def drop_trial(trial: Trial) -> None:
    """Delete the row and every file of a trial."""
    Trial.objects.filter(pk=trial.pk).delete()
    storage.remove_folder(f"trials/{trial.pk}")
