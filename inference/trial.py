"""What the trial page asks and is told. No gradio, no decoder, no TensorFlow: the web process imports this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from inference.errors import InferenceError, reason


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
