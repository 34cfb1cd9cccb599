"""Inference worker: where in a picture the evidence for an answer lies. Made when somebody asks, checked, kept.

A map that the check refuses leaves its figures and the reason; its picture is not stored, so that nobody sees it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cases import bell, events, rules, storage
from cases.analysis.one_by_one import OneByOne
from cases.analysis.tries import DATABASE_AWAY, still_mine, take, tries_left
from cases.blind.eyes import check_sees_model
from cases.models import Analysis, HeatMap, Site, User
from inference.errors import InferenceError, reason
from inference.preprocessing import Preprocessing

if TYPE_CHECKING:
    import numpy as np

    from inference.engine import Engine
    from inference.heat_check import Checked
    from inference.saliency import Evidence

log = logging.getLogger(__name__)
Made = TypeVar("Made")
AT_ONCE = 8
"""Pictures of a map that the network is asked at once; who waits for an answer waits for no more than these."""
ASKERS = frozenset({rules.Role.RADIOLOGIST})
"""Who may ask for a heat map and look at it."""


def check_heat_map(analysis: Analysis, by: User) -> None:
    """Whether this person may have the heat map of an answer.

    Raises:
        RuleBroken: `not_your_role`; `wrong_state`: there is no answer that readers see; `model_kept_back`.
    """
    if by.role not in ASKERS:
        raise rules.RuleBroken("not_your_role")
    check_sees_model(analysis.radiograph.case, by)
    if analysis.shadow or analysis.state != "done":
        raise rules.RuleBroken("wrong_state")


def may_ask_heat_map(analysis: Analysis, by: User) -> bool:
    """The boolean twin of check_heat_map."""
    try:
        check_heat_map(analysis, by)
    except rules.RuleBroken:
        return False
    return True


def ask_heat_map(*, analysis: Analysis, by: User) -> HeatMap:
    """The one heat map of an answer; asked for where it is not there yet, and again where it failed.

    Raises:
        RuleBroken: as check_heat_map.
    """
    check_heat_map(analysis, by)
    with transaction.atomic():
        row, new = HeatMap.objects.get_or_create(analysis=analysis, defaults={"asked_by": by})
        if new or _wait_again(row, by):
            case = analysis.radiograph.case
            events.record("heat_map_asked", by=by, case=case, analysis=analysis.pk, model=str(analysis.model_version))
            bell.ring_heat_map(row.pk)
    row.refresh_from_db()
    return row


def ask_heat_maps_ahead(now: datetime, most: int) -> int:
    """Where the site wants them before anybody looks: the maps of answers of the last day, behind all other work.

    Every answer alike: which case has a map must say nothing of its score. Gives how many were asked for.
    """
    if not Site.current().heat_maps_ahead:
        return 0
    answers = Analysis.objects.filter(state="done", heat_map=None, finished_at__gte=now - timedelta(days=1))
    ids = list(answers.order_by("-finished_at").values_list("pk", flat=True)[:most])
    with transaction.atomic():
        wanted = [HeatMap(analysis_id=pk, rung_at=now) for pk in ids]
        HeatMap.objects.bulk_create(wanted, ignore_conflicts=True)  # somebody may be asking for one this moment
        for pk in HeatMap.objects.filter(analysis_id__in=ids, state="waiting").values_list("pk", flat=True):
            bell.ring_heat_map(pk)
    return len(ids)


def _wait_again(row: HeatMap, by: User) -> bool:
    failed = HeatMap.objects.filter(pk=row.pk, state="failed")
    return bool(
        failed.update(
            state="waiting",
            attempts=0,
            strikes=0,
            failure_code="",
            asked_by=by,
            rung_at=timezone.now(),
            finished_at=None,
        )
    )


def make_heat_map(heat_map_id: int) -> None:
    """Make, check and keep a map; one after the other in a worker."""
    _one_by_one(heat_map_id)


def _make(heat_map_id: int) -> None:
    row = claim_heat_map(heat_map_id)
    if row is None:
        return None
    try:
        heat, checked = _made(row.analysis)
        key = "" if checked.refusal else _stored(row.analysis, heat)
    except InferenceError as error:
        return record_heat_map_failure(row, error.code)
    except FileNotFoundError:
        return record_heat_map_failure(row, "storage_missing")
    except TimeoutError:
        return record_heat_map_failure(row, "deadline_exceeded")
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is, the reader is told at once
        log.error("heat map %s: %s", row.pk, type(error).__name__)
        return record_heat_map_failure(row, "internal_error")
    return record_heat_map(row, checked, key)


_one_by_one = OneByOne(_make)


def claim_heat_map(heat_map_id: int) -> HeatMap | None:
    """Take a map that waits, or whose last worker is gone; None when it is made or in other hands."""
    rows = HeatMap.objects.select_related("analysis__radiograph__case", "analysis__model_version")
    row = rows.filter(pk=heat_map_id).first()
    return row if row and take(row, "running") else None


def _made(analysis: Analysis) -> tuple[np.ndarray, Checked]:
    from cases.engines import engine_for
    from inference.heat_check import checked_map

    version = analysis.model_version
    preprocessing = Preprocessing.from_dict(version.preprocessing)
    array = storage.get_array(analysis.radiograph.array_key(preprocessing.fingerprint))
    return checked_map(ThroughEngine(engine_for(version)), array, version.positive)


class ThroughEngine:
    """A network asked by way of its engine, behind all other work: a picture that somebody waits for is at most one
    small batch behind. One deadline, SCORE_SECONDS, holds for everything that is asked by way of this.
    """

    def __init__(self, engine: Engine) -> None:
        self.classes = engine.network.classes
        self._engine = engine
        self._until = time.monotonic() + settings.SCORE_SECONDS

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1) -> float32 (N, len(classes)).

        Raises:
            InferenceError: as Engine.behind and its futures.
        """
        import numpy as np

        return np.concatenate([self._rows(batch[at : at + AT_ONCE]) for at in range(0, len(batch), AT_ONCE)])

    def _rows(self, part: np.ndarray) -> np.ndarray:
        from inference.outputs import check_probabilities

        rows = self._asked(lambda: self._engine.network.predict(part))
        check_probabilities(rows, (len(part), len(self.classes)))
        return rows

    def evidence(self, array: np.ndarray, name: str) -> Evidence | None:
        """Feature maps and their gradient, where the network has them; in one piece, however long it takes."""
        explain: Callable[[np.ndarray, str], Evidence | None] = self._engine.network.evidence  # type: ignore[attr-defined]
        return self._asked(lambda: explain(array, name))

    def _asked(self, work: Callable[[], Made]) -> Made:
        left = self._until - time.monotonic()
        return self._engine.behind(work, timeout_s=left).result(max(0.0, left) + 1)


def _stored(analysis: Analysis, heat: np.ndarray) -> str:
    """Both files of a map that may be shown; the layer's key."""
    from inference.heat_picture import layer, over

    radiograph = analysis.radiograph
    key = f"heat-maps/{analysis.pk}.png"
    row = HeatMap(key=key)
    storage.put(row.picture_key, over(heat, storage.get(radiograph.rendition_key)))
    return storage.put(key, layer(heat, radiograph.width or 1, radiograph.height or 1))


def record_heat_map(row: HeatMap, checked: Checked, key: str) -> None:
    """Write what came out, with the event that rings the open pages; a second delivery finds nothing to do."""
    with transaction.atomic():
        if not still_mine(row, "running"):
            return
        HeatMap.objects.filter(pk=row.pk).update(
            state="unreliable" if checked.refusal else "done",
            lease_until=None,
            finished_at=timezone.now(),
            failure_code=checked.refusal,
            key=key,
            before=checked.before,
            after=checked.after,
            outside=checked.outside,
        )
        _note("heat_map_refused" if checked.refusal else "heat_map_made", row, checked.refusal)


def record_heat_map_failure(row: HeatMap, code: str) -> None:
    """Write why there is no map; a failure that a retry can help waits for the sweeper instead."""
    with transaction.atomic():
        if not still_mine(row, "running"):
            return
        again = reason(code).can_retry and tries_left(row)
        HeatMap.objects.filter(pk=row.pk).update(
            state="waiting" if again else "failed",
            strikes=F("strikes") + 1,
            lease_until=None,
            rung_at=timezone.now(),
            failure_code=code,
        )
        if not again:
            _note("heat_map_failed", row, code)


def _note(verb: str, row: HeatMap, code: str) -> None:
    case = row.analysis.radiograph.case
    details = {"reason": code} if code else {}
    events.record(verb, by=None, case=case, analysis=row.analysis_id, **details)
