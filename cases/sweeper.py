"""What the database says is unfinished is rung again; what has run out of tries, leases or time is ended.

Safe to run in several places at once: every step is a compare and set, and a bell rung twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from cases import analysis, bell, pulse, rules
from cases.models import Analysis, Case, HeatMap, Radiograph, Trial

log = logging.getLogger(__name__)
RING_AGAIN_SECONDS = 10  # a bell that nobody heard, with nothing waiting in the queue
RING_ANYWAY_SECONDS = 90  # the same while the queue is long: the message may stand far behind
RING_BACKGROUND_SECONDS = 1800  # the same where the queue is meant to wait
BATCH = 500


@dataclass
class Swept:
    """What one round did."""

    rung: int = 0
    failed: int = 0
    released: int = 0
    trials: int = 0
    heat_maps: int = 0


def sweep(now: datetime | None = None) -> Swept:
    """One round."""
    now = now or timezone.now()
    swept = Swept()
    readings = Radiograph.objects.filter(state="reading").select_related("case")
    analyses = Analysis.everything.filter(state="running").select_related("radiograph__case")
    _end_lost(readings, lambda row: analysis.record_radiograph_failure(row, "decoder_crashed"), now, swept)
    _end_lost(analyses, lambda row: analysis.record_analysis_failure(row, "worker_lost"), now, swept)
    heat_maps = HeatMap.objects.filter(state="running").select_related("analysis__radiograph__case")
    _end_lost(heat_maps, lambda row: analysis.record_heat_map_failure(row, "worker_lost"), now, swept)
    _ring_radiographs(now, swept)
    _ring_analyses(now, swept)
    _ring_some(HeatMap.objects.filter(state="waiting"), "infer-background", bell.ring_heat_map, now, swept)
    swept.heat_maps = analysis.ask_heat_maps_ahead(now, BATCH)
    _release_claims(now, swept)
    _drop_trials(now, swept)
    return swept


def _end_lost(rows: QuerySet[Any], give_up: Callable[[Any], None], now: datetime, swept: Swept) -> None:
    alive = pulse.workers_alive()
    for row in _lost(rows, alive, now):
        struck = row.worker in alive
        if (struck and not analysis.tries_left(row)) or row.attempts >= settings.MAX_ATTEMPTS:
            give_up(row)
            swept.failed += 1
        else:
            _wait_again(row, struck, now)


def _lost(rows: QuerySet[Any], alive: set[str], now: datetime) -> QuerySet[Any]:
    """Those whose lease has run out, or whose worker is known to be gone."""
    gone = ~Q(worker="") & ~Q(worker__in=alive)
    return rows.filter(Q(lease_until__lt=now) | gone)[:BATCH]


def _wait_again(row: analysis.Row, struck: bool, now: datetime) -> None:
    mine = analysis.every(type(row)).filter(pk=row.pk, state=row.state, attempts=row.attempts)
    # rung_at in the past: the row is rung in this very round.
    mine.update(state="waiting", lease_until=None, strikes=F("strikes") + int(struck), rung_at=now - timedelta(days=1))


def _unheard(now: datetime, queue: str) -> datetime:
    long = RING_BACKGROUND_SECONDS if queue.endswith("-background") else RING_ANYWAY_SECONDS
    seconds = RING_AGAIN_SECONDS if messages_waiting(queue) == 0 else long
    return now - timedelta(seconds=seconds)


def _ring_radiographs(now: datetime, swept: Swept) -> None:
    waiting = Radiograph.objects.filter(state="waiting").exclude(case__state__in=rules.WITHDRAWN)
    for priority in rules.Priority:
        rows, ring = waiting.filter(case__priority=priority), partial(bell.ring_read, priority=priority)
        _ring_some(rows, bell.queue_of("read", priority), ring, now, swept)


def _ring_analyses(now: datetime, swept: Swept) -> None:
    waiting = Analysis.objects.filter(state="waiting", radiograph__state="read")
    waiting = waiting.exclude(radiograph__case__state__in=rules.WITHDRAWN)
    for priority in rules.Priority:
        rows, ring = waiting.filter(radiograph__case__priority=priority), partial(bell.ring_score, priority=priority)
        _ring_some(rows, bell.queue_of("infer", priority), ring, now, swept)
    shadows = Analysis.everything.filter(shadow=True, state="waiting", radiograph__state="read")
    shadows = shadows.exclude(radiograph__case__state__in=rules.WITHDRAWN | rules.IN_PROGRESS)
    _ring_some(shadows, "infer-background", partial(bell.ring_score, priority="background"), now, swept)


def _ring_some(rows: QuerySet[Any], queue: str, ring: Callable[[int], None], now: datetime, swept: Swept) -> None:
    if not rows.filter(rung_at__lt=now - timedelta(seconds=RING_AGAIN_SECONDS)).exists():
        return
    ids = list(rows.filter(rung_at__lt=_unheard(now, queue)).values_list("pk", flat=True)[:BATCH])
    with transaction.atomic():
        analysis.every(rows.model).filter(pk__in=ids, state="waiting").update(rung_at=now)
        for pk in ids:
            ring(pk)
    swept.rung += len(ids)


def messages_waiting(queue: str) -> int:
    """How many messages the broker holds in a queue; 0 when it cannot be asked."""
    from celery import current_app

    try:
        with current_app.connection_for_read(connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1)
            declared = connection.default_channel.queue_declare(queue=queue, passive=True)
            return int(declared.message_count)
    except (OperationalError, OSError, AMQPError):  # AMQPError: no such queue yet
        return 0


def _release_claims(now: datetime, swept: Swept) -> None:
    from cases.reading.services import release

    for case in Case.objects.filter(state__in=rules.IN_HAND, lease_until__lt=now)[:BATCH]:
        try:
            with transaction.atomic():
                if Case.objects.filter(pk=case.pk, lease_until__lt=now).exists():
                    release(case=case, by=None, reason="lease_ended")
                    swept.released += 1
        except rules.RuleBroken:
            log.info("case %s moved on before its lease was swept", case.pk)


def _drop_trials(now: datetime, swept: Swept) -> None:
    from cases.trials.services import drop_trial

    for trial in Trial.objects.filter(at__lt=now - timedelta(minutes=settings.TRIAL_MINUTES))[:BATCH]:
        drop_trial(trial)
        swept.trials += 1
