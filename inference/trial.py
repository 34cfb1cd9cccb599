"""What the trial page asks and is told. No gradio, no decoder, no TensorFlow: the web process imports this."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from inference.errors import EngineBusy, InferenceError, UnsupportedImage, reason

LOG = logging.getLogger(__name__)
MAX_TRIAL_BYTES = 64 * 1024 * 1024
AT_ONCE = 24  # pictures on their way at the same time; who comes then is told to come back


@dataclass(frozen=True)
class Refusal:
    """Why there is no probability: a stable code, the sentence and the next step in the reader's language."""

    code: str
    message: str
    next_step: str


@dataclass(frozen=True)
class TrialAnswer:
    """One picture's answer. With a refusal the probabilities are empty; a rendition may still be there."""

    rendition: bytes | None = None  # JPEG made by us, never the uploaded bytes
    probabilities: Mapping[str, float] = field(default_factory=dict)  # each in [0, 1], together 1
    positive: str = ""  # the class that the thresholds and the band speak of
    band: str = ""  # "unlikely", "uncertain" or "likely"
    sensitive: float | None = None  # below it: unlikely
    specific: float | None = None  # at or above it: likely
    calibrated: bool = False
    model: str = ""
    version: str = ""
    notes: tuple[str, ...] = ()  # sentences about the model's scope, in the reader's language
    queue_seconds: float | None = None
    total_seconds: float | None = None
    refusal: Refusal | None = None


Predict = Callable[[bytes, str, int | None], Awaitable[TrialAnswer]]
"""(bytes of the file, "en" or "ko", the person's number or None on a desk) -> answer."""


def refuse(code: str, language: str, **values: object) -> TrialAnswer:
    """The answer that holds nothing but the reason `code` of the table, worded in "en" or "ko"."""
    row = reason(code)
    return TrialAnswer(refusal=Refusal(code, row.message(language, **values), row.next_step(language, **values)))


def refuse_for(error: InferenceError, language: str) -> TrialAnswer:
    """The answer for an error of the instrument."""
    return TrialAnswer(refusal=Refusal(error.code, error.message(language), error.next_step(language)))


class TrialDesk:
    """Takes an uploaded file, deletes it, asks `predict` about its bytes, and words whatever goes wrong."""

    def __init__(self, predict: Predict, upload_dir: Path, max_bytes: int = MAX_TRIAL_BYTES) -> None:
        self.predict = predict
        self.upload_dir = upload_dir
        self.max_bytes = max_bytes
        self.busy = 0

    async def answer(self, uploaded: Mapping[str, Any] | None, language: str, person: int | None) -> TrialAnswer:
        """The answer about `uploaded["path"]`, in "en" or "ko"; never an exception."""
        started = time.monotonic()
        self.busy += 1
        try:
            answer = await self._ask(uploaded, language, person)
        finally:
            self.busy -= 1
        seconds = answer.total_seconds
        return replace(answer, total_seconds=time.monotonic() - started if seconds is None else seconds)

    async def _ask(self, uploaded: Mapping[str, Any] | None, language: str, person: int | None) -> TrialAnswer:
        try:
            data = await asyncio.to_thread(take_upload, uploaded, self.upload_dir, self.max_bytes)
            if self.busy > AT_ONCE:
                raise EngineBusy("engine_busy")
            return await self.predict(data, language, person)
        except InferenceError as error:
            return refuse_for(error, language)
        except FileNotFoundError:
            return refuse("trial_upload_gone", language)
        except Exception:  # the page says it in words, the log has the trace; nothing of the picture is in either
            LOG.exception("a trial failed")
            return refuse("trial_failed", language)


def take_upload(uploaded: Mapping[str, Any] | None, upload_dir: Path, max_bytes: int) -> bytes:
    """The bytes of an upload, whose file is gone afterwards, whatever happens.

    Raises FileNotFoundError for what is no (longer a) file under `upload_dir`, UnsupportedImage (too_large_file).
    """
    path = Path(str((uploaded or {}).get("path", ""))).resolve()
    if upload_dir.resolve() not in path.parents:
        raise FileNotFoundError
    try:
        if path.stat().st_size > max_bytes:
            raise UnsupportedImage("too_large_file", limit_mb=max_bytes // 2**20)
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)
