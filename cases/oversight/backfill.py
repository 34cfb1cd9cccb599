"""Score old cases by another version, in the shadow: a few at a time, and only while nobody waits for anything else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cases import analysis, bell, events, rules
from cases.models import Analysis, ModelVersion, Radiograph, User

AT_ONCE = 32  # asked for and not answered: enough for the engine's batches, little to wait for after Ctrl+C
LOOK_SECONDS = 0.2
CHUNK = 500


@dataclass(frozen=True)
class Wish:
    """Which old cases: by day of arrival, by share (0 to 1, the same cases every time), at most `limit` pictures."""

    since: date | None = None
    until: date | None = None
    limit: int | None = None
    share: float = 1.0


@dataclass
class Done:
    """How far it is: pictures asked for now, and how those ended that were to be scored."""

    asked: int = 0
    states: Counter[str] = field(default_factory=Counter)

    @property
    def finished(self) -> int:
        """Those that have an answer, or a reason why there is none."""
        return self.states["done"] + self.states["failed"]


def pictures_without(version: ModelVersion, wish: Wish) -> Iterator[Radiograph]:
    """Pictures that can be scored and that this version never answered, oldest first: those whose tries failed too."""
    left = wish.limit
    for radiograph in _rows_without(version, wish).iterator(chunk_size=CHUNK):
        if left == 0:
            return
        if analysis.is_drawn(version, radiograph.case_id, wish.share):
            left = None if left is None else left - 1
            yield radiograph


def _rows_without(version: ModelVersion, wish: Wish) -> QuerySet[Radiograph]:
    known = Analysis.everything.filter(radiograph=OuterRef("pk"), model_version=version).exclude(state="failed")
    rows = Radiograph.objects.filter(~Exists(known), state="read")
    rows = rows.exclude(case__state__in=rules.IN_PROGRESS | rules.WITHDRAWN)
    if wish.since:
        rows = rows.filter(case__received_at__date__gte=wish.since)
    if wish.until:
        rows = rows.filter(case__received_at__date__lte=wish.until)
    return rows.order_by("pk")


def failed_before(version: ModelVersion, radiographs: list[Radiograph]) -> int:
    """Of pictures that this version is to be asked about: how many it failed at before."""
    failed = Analysis.everything.filter(model_version=version, state="failed")
    tried = set(failed.values_list("radiograph", flat=True))
    return sum(radiograph.pk in tried for radiograph in radiographs)


def note_backfill(*, version: ModelVersion, wish: Wish, by: User | None) -> None:
    """The event of a backfill that begins or goes on."""
    asked = {name: str(value) for name, value in vars(wish).items() if value is not None}
    with transaction.atomic():
        events.record("backfill_begun", by=by, stream=f"model:{version.name}", version=str(version), asked=asked)


def backfill(version: ModelVersion, radiographs: list[Radiograph], tell: Callable[[Done], None]) -> Done:
    """Ask for one picture after another and wait for the answers; what was asked for is answered even if this ends.

    Args:
        tell: is called after every look at how far it is.
    """
    done, asked = Done(), []
    rest = iter(radiographs)
    while done.finished < len(radiographs):
        free = 0 if others_wait() else AT_ONCE - (done.asked - done.finished)
        for _, radiograph in zip(range(free), rest, strict=False):
            asked.append(ask(version, radiograph).pk)
            done.asked += 1
        done.states = _states(version, asked)
        tell(done)
        if done.finished < len(radiographs):
            time.sleep(LOOK_SECONDS)
    return done


def ask(version: ModelVersion, radiograph: Radiograph) -> Analysis:
    """Open one analysis in the shadow and ring for it, behind everything else."""
    with transaction.atomic():
        opened = _open(version, radiograph)
        bell.ring_score(opened.pk, "background")
    return opened


def _open(version: ModelVersion, radiograph: Radiograph) -> Analysis:
    """The analysis of this picture in the shadow; where the last try failed, a further run beside it."""
    of_picture = {"radiograph": radiograph, "model_version": version, "shadow": True}
    last = Analysis.everything.filter(**of_picture).order_by("-run").first()
    if last is None or last.state != "failed":
        return analysis.open_shadow(radiograph, version)
    return Analysis.everything.create(**of_picture, run=last.run + 1)


def others_wait() -> bool:
    """Whether anything is on its way that a reader waits for."""
    pictures = Radiograph.objects.filter(state__in=["waiting", "reading"]).exclude(case__state__in=rules.WITHDRAWN)
    if pictures.exists():
        return True
    asked = Analysis.objects.filter(state__in=["waiting", "running"])
    return asked.exclude(radiograph__case__state__in=rules.WITHDRAWN).exists()


def _states(version: ModelVersion, asked: list[int]) -> Counter[str]:
    if not asked:
        return Counter()
    rows = Analysis.everything.filter(model_version=version, shadow=True, pk__gte=asked[0], pk__lte=asked[-1])
    found: dict[int, str] = dict(rows.values_list("pk", "state"))
    return Counter(found[pk] for pk in asked if pk in found)


def summed_up(version: ModelVersion, found: int, again: int, done: Done, seconds: float) -> dict[str, Any]:
    """For programs; `again` of the `found` pictures are those whose last try failed."""
    return {
        "model": str(version),
        "pictures": found,
        "again": again,
        "scored": done.states["done"],
        "failed": done.states["failed"],
        "seconds": round(seconds, 2),
    }
