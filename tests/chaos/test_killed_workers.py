"""Workers and their children are killed at random while pictures flow in: each ends, once (F01)."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from cases.models import Analysis, Radiograph
from tests.chaos.flow import (
    bring_in,
    check_none_twice,
    children,
    kill_and_start_again,
    kill_child,
    states,
    wait_for_all,
)

pytestmark = pytest.mark.chaos
TARGETS = ("child", "child", "reader", "inference")


def strike(stack, target: str) -> bool:
    """One kill -9; whether there was somebody to kill."""
    if target != "child":
        kill_and_start_again(stack, target)
        return True
    found = children(stack.processes["reader"].pid)
    return bool(found) and kill_child(random.choice(found))


def kill_while_they_work(stack, sender, kills: int) -> tuple[list, Counter]:
    """As many pictures as kills, each kill up to a second and a half after its picture."""
    uploads, struck = [], Counter()
    while struck.total() < kills:
        uploads += bring_in(sender, [len(uploads)]) if len(uploads) < kills else []
        time.sleep(random.uniform(0, 1.5))
        target = random.choice(TARGETS)
        struck[target] += strike(stack, target)
    return uploads, struck


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(8, marks=pytest.mark.timeout(400)),
        pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3600)]),
    ],
)
def test_every_picture_ends_once_whoever_is_killed(full_stack, sender, kills):
    uploads, struck = kill_while_they_work(full_stack, sender, kills)
    last = time.monotonic()
    wait_for_all(uploads)

    again = Radiograph.objects.filter(attempts__gt=1).count() + Analysis.objects.filter(attempts__gt=1).count()
    seconds = time.monotonic() - last
    print(f"{dict(struck)} killed, {again} tried again, {seconds:.0f} s to the end, {states(uploads)}")  # noqa: T201
    assert struck.total() == kills
    assert set(states(uploads)) <= {"ready", "failed"}
    assert states(uploads)["ready"] >= 0.98 * len(uploads)  # a picture in whose hands three children died has failed
    check_none_twice()
