"""One picture after the other on one desk: file, preparation, network and answer in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference.answers import open_engine
from inference.bundle import Bundle
from inference.engine import Engine, Prediction
from inference.errors import reason
from inference.gate import DEFAULT_GATE, Gate, gate_named
from inference.prepare import Prepared, prepare
from inference.quality import Scope
from inference.trial import Predict, Refusal, TrialAnswer

ANSWER_SECONDS = 60.0


@contextmanager
def open_desk(directory: Path, gate: Path | str = DEFAULT_GATE) -> Iterator[Predict]:
    """Open the bundle, load its network and give the function that answers; closes the engine at the end.

    Args:
        gate: folder of the gate that looks at each picture first, as the product's readers ask it; OFF: none does.

    Raises:
        BundleRejected: the bundle or the gate is missing, altered or foreign.
    """
    bundle, asked = Bundle.open(directory), gate_named(str(gate))
    with open_engine(bundle) as engine:

        async def predict(data: bytes, language: str, _person: int | None) -> TrialAnswer:
            return await try_on_desk(bundle, engine, data, language, asked)

        yield predict


async def try_on_desk(
    bundle: Bundle, engine: Engine, data: bytes, language: str, gate: Gate | None = None
) -> TrialAnswer:
    """Read, check and score one file. Raises RadiographError or InferenceError for what the page words itself."""
    started = time.monotonic()
    key, scope = bundle.preprocessing.fingerprint, Scope.from_dict(bundle.scope)
    prepared = await asyncio.to_thread(prepare, data, {key: bundle.preprocessing}, scope, gate)
    if not prepared.verdict.passed:
        return _word_refusal(prepared, language, time.monotonic() - started)
    found = await asyncio.wrap_future(engine.predict(prepared.arrays[key], timeout_s=ANSWER_SECONDS))
    return _word_prediction(bundle, prepared, found, language, time.monotonic() - started)


def _word_refusal(prepared: Prepared, language: str, seconds: float) -> TrialAnswer:
    code = prepared.verdict.refusals[0]
    row = reason(code)
    refusal = Refusal(code, row.message(language), row.next_step(language))
    notes = _word_notes(prepared, language)
    return TrialAnswer(rendition=prepared.rendition, notes=notes, total_seconds=seconds, refusal=refusal)


def _word_notes(prepared: Prepared, language: str) -> tuple[str, ...]:
    return tuple(reason(code).message(language) for code in prepared.verdict.notes)


def _word_prediction(
    bundle: Bundle, prepared: Prepared, found: Prediction, language: str, seconds: float
) -> TrialAnswer:
    return TrialAnswer(
        rendition=prepared.rendition,
        probabilities=found.probabilities,
        positive=bundle.positive,
        band=bundle.thresholds.band(found.probabilities[bundle.positive]),
        sensitive=bundle.thresholds.sensitive,
        specific=bundle.thresholds.specific,
        calibrated=bundle.calibrated,
        model=bundle.name,
        version=bundle.version,
        notes=_word_notes(prepared, language),
        queue_seconds=found.queue_seconds,
        total_seconds=seconds,
    )
