"""Ringing the workers: messages that carry an id, sent after the commit. A bell that does not ring is no failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)
SUFFIXES = {"urgent": "-urgent", "normal": "", "low": "-background", "background": "-background"}
"""Priority of a case, or "background" for work that no case waits for, to the end of a queue's name."""


def ring_read(radiograph_id: int, priority: str) -> None:
    """Ask a reader worker to read a radiograph, once the transaction is committed."""
    from cases.tasks import read_radiograph

    _ring(read_radiograph, radiograph_id, queue_of("read", priority))


def ring_score(analysis_id: int, priority: str) -> None:
    """Ask an inference worker for an analysis, once the transaction is committed."""
    from cases.tasks import score_analysis

    _ring(score_analysis, analysis_id, queue_of("infer", priority))


def ring_array(analysis_id: int) -> None:
    """Ask a reader worker for the array of an analysis in the shadow, once the transaction is committed."""
    from cases.tasks import prepare_array

    _ring(prepare_array, analysis_id, queue_of("read", "background"))


def ring_heat_map(heat_map_id: int) -> None:
    """Ask an inference worker for a heat map, behind all other work, once the transaction is committed."""
    from cases.tasks import make_heat_map

    _ring(make_heat_map, heat_map_id, queue_of("infer", "background"))


def ring_trial(task: Any, trial_id: str, queue: str) -> None:
    """Ask for a step of a trial; trials do not wait behind ordinary work."""
    _ring(task, trial_id, f"{queue}-urgent")


def queue_of(kind: str, priority: str) -> str:
    """The queue of this kind ("read", "infer") in which work of this priority waits.

    Cases of low priority stand in the background, so that an import of thousands delays nobody's ordinary case.
    """
    return kind + SUFFIXES[priority]


def _ring(task: Any, row_id: int | str, queue: str) -> None:
    transaction.on_commit(_send(task, row_id, queue))


def _send(task: Any, row_id: int | str, queue: str) -> Callable[[], None]:
    def send() -> None:
        try:
            task.apply_async((row_id,), queue=queue)
        except (OperationalError, OSError) as error:
            log.warning("the broker is away (%s); the sweeper rings again", type(error).__name__)

    return send
