"""What hangs is ended, and nothing hangs for TensorFlow's sake: readers fork, so they never hold it (F17)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max

from cases import pulse, tasks
from cases.engines import STUCK_DEADLINES
from cases.models import Analysis, Radiograph, WorkerPulse
from tests.chaos.flow import (
    bring_in,
    check_each_scored_once,
    check_none_twice,
    children,
    holds_tensorflow,
    wait_for_all,
)
from tests.chaos.slow_picture import child_that_reads, slow_upload
from tests.stack import CELERY, COMMANDS, wait_until
from tests.workers.conftest import phantom_upload

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(2400)]
SOFT_LIMIT_SECONDS = 6  # READ_SECONDS of tests/stack.py
HARD_LIMIT_SECONDS = SOFT_LIMIT_SECONDS + 5  # cases/tasks.py
STUCK_SECONDS = STUCK_DEADLINES * 6  # SCORE_SECONDS there
LATE_SECONDS = 5


@pytest.fixture(autouse=True)
def _limits_of_the_stack(monkeypatch):
    """A message carries the limits of who sends it, and the sweeper is not the only one that sends."""
    for name, seconds in (("soft_time_limit", SOFT_LIMIT_SECONDS), ("time_limit", HARD_LIMIT_SECONDS)):
        monkeypatch.setattr(tasks.read_radiograph, name, seconds)
    monkeypatch.setattr(tasks.read_radiograph, "_exec_options", None)  # Celery keeps what it once collected


def radiograph_of(upload) -> Radiograph:
    return Radiograph.objects.get(pk=upload.radiograph_id)


def test_a_child_deaf_to_every_signal_is_killed_at_the_hard_limit_and_its_picture_read_by_another(full_stack, sender):
    upload = slow_upload(sender)
    child = child_that_reads(full_stack, upload)
    os.kill(child, signal.SIGSTOP)  # as a decoder that never returns
    began = time.monotonic()

    wait_until(lambda: not Path(f"/proc/{child}").exists(), 60, "the end of the hanging child")
    ended = time.monotonic() - began
    wait_for_all([upload])

    print(f"killed after {ended:.1f} s, the hard limit is {HARD_LIMIT_SECONDS} s")  # noqa: T201 for docs/faults.md
    assert ended <= HARD_LIMIT_SECONDS + LATE_SECONDS
    assert full_stack.processes["reader"].poll() is None
    assert radiograph_of(upload).attempts >= 2
    check_none_twice()


def test_storage_that_never_answers_ends_at_the_soft_limit(stack, shipped_model, sender):
    stack.start_redis()
    upload = phantom_upload(sender)
    original = Path(default_storage.path(radiograph_of(upload).original_key))
    content = original.read_bytes()
    original.unlink()
    os.mkfifo(original)  # nobody writes into it: whoever opens it waits for ever
    stack.start("reader", "sweeper")
    wait_until(lambda: radiograph_of(upload).state == "reading", 120, "somebody reads it")
    began = time.monotonic()
    wait_until(lambda: radiograph_of(upload).failure_code == "took_too_long", 60, "the end of the attempt")
    ended = time.monotonic() - began
    original.unlink()
    original.write_bytes(content)

    wait_until(lambda: radiograph_of(upload).state == "read", 60, "the next attempt")
    print(f"ended after {ended:.1f} s, the soft limit is {SOFT_LIMIT_SECONDS} s")  # noqa: T201 for docs/faults.md
    assert ended <= SOFT_LIMIT_SECONDS + LATE_SECONDS
    assert stack.processes["reader"].poll() is None


def test_an_inference_worker_that_hangs_is_replaced_by_another_and_its_late_answers_are_dropped(full_stack, sender):
    hanging = full_stack.processes["inference"].pid
    uploads = bring_in(sender, range(10))
    with transaction.atomic():  # SQLite's one lock is ours: a worker stopped within a write would keep it for good
        os.kill(hanging, signal.SIGSTOP)
        time.sleep(0.2)
    full_stack.start("second inference")
    began = time.monotonic()
    wait_for_all(uploads)
    readers = full_stack.processes["reader"].pid
    assert not any(holds_tensorflow(pid) for pid in [readers, *children(readers)])
    assert holds_tensorflow(hanging)
    print(f"{time.monotonic() - began:.0f} s until another had answered")  # noqa: T201 for docs/faults.md

    os.kill(hanging, signal.SIGCONT)
    more = bring_in(sender, range(10, 14))
    wait_for_all(more)
    check_each_scored_once([*uploads, *more])


def test_a_network_that_hangs_ends_its_worker_and_the_next_one_answers(stack, shipped_model, sender, monkeypatch):
    app, hanging = CELERY.index("pneumo_site"), list(COMMANDS["inference"])
    hanging[app] = "tests.chaos.hanging"
    monkeypatch.setitem(COMMANDS, "hanging inference", tuple(hanging))
    stack.start_redis()
    stack.start("reader", "hanging inference", "sweeper")
    stack.wait_for_workers("read", "infer", "sweep")
    uploads = bring_in(sender, range(5))
    wait_until(lambda: Analysis.objects.filter(state="running").exists(), 60, "the network is asked")
    began = time.monotonic()

    code = stack.processes.pop("hanging inference").wait(60)
    ended = time.monotonic() - began
    assert WorkerPulse.objects.get(kind="infer").facts["problem"] == "engine_stuck"
    assert not pulse.alive("infer")
    stack.start("inference")  # as a supervisor does
    wait_for_all(uploads)

    print(f"ended after {ended:.1f} s, the limit is {STUCK_SECONDS} s")  # noqa: T201 for docs/faults.md
    assert code == 1
    assert ended <= STUCK_SECONDS + LATE_SECONDS
    check_each_scored_once(uploads)
    assert Analysis.objects.aggregate(most=Max("strikes"))["most"] <= 2  # the deadlines that were missed, no more


@pytest.mark.long
def test_of_a_thousand_jobs_none_hangs_and_no_process_that_forks_holds_tensorflow(full_stack, sender):
    reader = full_stack.processes["reader"].pid
    uploads = bring_in(sender, range(1000))
    wait_for_all(uploads, 1800)

    assert not any(holds_tensorflow(pid) for pid in [reader, *children(reader)])
    check_each_scored_once(uploads)
