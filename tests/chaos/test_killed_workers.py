"""Workers and their children are killed at random while pictures flow in: each ends, once (F01)."""

from __future__ import annotations

import random
import time

import pytest

from cases.models import Analysis, Radiograph, WorkerPulse
from tests.chaos.flow import (
    bring_in,
    check_none_twice,
    children,
    kill_and_start_again,
    kill_child,
    states,
    wait_for_all,
)
from tests.stack import wait_until

# Fifty kills of every kind of process are in test_kills.py.
pytestmark = [pytest.mark.long, pytest.mark.timeout(5400)]
KILLS = {"child": 120, "reader": 50, "inference": 30}


def strike(stack, target: str) -> None:
    """One kill -9 of somebody who works: a worker that is still starting is waited for."""
    if target == "child":
        wait_until(lambda: _one_child_killed(stack), 240, "a child to kill")
        return
    pid = stack.processes[target].pid
    wait_until(lambda: WorkerPulse.objects.filter(facts__pid=pid).exists(), 240, f"{target} works")
    kill_and_start_again(stack, target)


def _one_child_killed(stack) -> bool:
    start_what_ended(stack)
    found = children(stack.processes["reader"].pid)
    return bool(found) and kill_child(random.choice(found))


def start_what_ended(stack) -> bool:
    """What a supervisor does: a worker whose child dies while it starts ends by itself."""
    ended = [name for name, process in stack.processes.items() if process.poll() is not None]
    for name in ended:
        stack.processes.pop(name)
        stack.start(name)
    return bool(ended)


def kill_while_they_work(stack, sender, kills: dict[str, int]) -> list:
    """As many pictures as kills, each kill up to a second and a half after its picture."""
    targets, uploads = [target for target, times in kills.items() for _ in range(times)], []
    random.shuffle(targets)
    for target in targets:
        uploads += bring_in(sender, [len(uploads)])
        time.sleep(random.uniform(0, 1.5))
        strike(stack, target)
    return uploads


def test_every_picture_ends_once_whoever_is_killed(full_stack, sender):
    uploads = kill_while_they_work(full_stack, sender, KILLS)
    last = time.monotonic()
    time.sleep(5)
    start_what_ended(full_stack)
    wait_for_all(uploads)

    again = Radiograph.objects.filter(attempts__gt=1).count() + Analysis.objects.filter(attempts__gt=1).count()
    seconds = time.monotonic() - last
    print(f"{KILLS} killed, {again} tried again, {seconds:.0f} s to the end, {states(uploads)}")  # noqa: T201
    assert set(states(uploads)) <= {"ready", "failed"}
    assert states(uploads)["ready"] >= 0.98 * len(uploads)  # a picture in whose hands three children died has failed
    check_none_twice()
