"""Pictures that flow in while something breaks, and what has to hold for every one of them afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from django.db.models import Count

from cases import rules, storage, tasks
from cases.models import Analysis, Case, Event, ModelVersion, Radiograph, Upload, User
from inference.preprocessing import Preprocessing
from tests import making
from tests.stack import Stack, wait_until
from tests.workers.conftest import phantom_upload

FINAL_SECONDS = 180
"""So long after the last fault every case has ended one way or the other."""


def bring_in(sender: User, seeds: Iterable[int]) -> list[Upload]:
    """One drawn picture for each seed, through the door."""
    return [phantom_upload(sender, seed=seed) for seed in seeds]


def wait_for_all(uploads: list[Upload], seconds: float = FINAL_SECONDS) -> None:
    """Until no case of these is in progress."""
    cases = Case.objects.filter(pk__in=[upload.case_id for upload in uploads])
    unfinished = cases.filter(state__in=rules.IN_PROGRESS)
    wait_until(lambda: not unfinished.exists(), seconds, f"all final: {states(uploads)}")


def states(uploads: list[Upload]) -> Counter[str]:
    """How many cases stand where."""
    return Counter(Case.objects.filter(pk__in=[upload.case_id for upload in uploads]).values_list("state", flat=True))


def check_each_scored_once(uploads: list[Upload]) -> None:
    """Every case is ready with one answer and one event of it; nobody holds anything any more."""
    assert states(uploads) == {"ready": len(uploads)}
    check_none_twice()
    assert Analysis.objects.filter(state="done").count() == len(uploads)


def check_none_twice() -> None:
    """No picture has two answers or two events, no case lacks the answer its state speaks of, none is held."""
    twice = Analysis.objects.values("radiograph", "model_version").annotate(rows=Count("pk")).filter(rows__gt=1)
    assert list(twice) == []
    events = Counter(Event.objects.filter(verb="analysed").values_list("case_id", flat=True))
    answered = Counter(Analysis.objects.filter(state="done").values_list("radiograph__case_id", flat=True))
    assert events == answered
    assert set(answered) == set(Case.objects.filter(state="ready").values_list("pk", flat=True))
    assert not Analysis.everything.filter(state="running").exists()
    assert not Radiograph.objects.filter(state="reading").exists()


def children(pid: int) -> list[int]:
    """The processes that one started."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def holds_tensorflow(pid: int) -> bool:
    """Whether its library is mapped into the process."""
    return "tensorflow" in Path(f"/proc/{pid}/maps").read_text()


def kill_child(pid: int) -> bool:
    """kill -9; False where it went by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def kill_and_start_again(stack: Stack, name: str) -> None:
    """kill -9, and what a supervisor does then."""
    stack.kill(name)
    stack.start(name)


def prepared_analyses(version: ModelVersion, count: int, runs: int = 1) -> list[int]:
    """Analyses that wait, `runs` of each of `count` pictures, with the network's input in its place; their numbers."""
    preprocessing = Preprocessing.from_dict(version.preprocessing)
    rows: list[Analysis] = []
    for seed in range(count):
        case = making.make_case(probability=None, seed=seed, model=version)
        Case.objects.filter(pk=case.pk).update(state="queued")
        radiograph = case.radiographs.get()
        array = making.pixels(seed, preprocessing.height, preprocessing.width)[:, :, np.newaxis]
        storage.put_array(radiograph.array_key(preprocessing.fingerprint), array)
        rows += [Analysis(radiograph=radiograph, model_version=version, run=run + 1) for run in range(runs)]
    return [row.pk for row in Analysis.objects.bulk_create(rows, batch_size=500)]


def messages_for(analysis_ids: Iterable[int]) -> None:
    """One message each, as the bell would send it."""
    for analysis_id in analysis_ids:
        tasks.score_analysis.apply_async((analysis_id,), queue="infer")
