"""Redis goes and comes back under load: nothing is lost, and workers go on by themselves (F03)."""

from __future__ import annotations

import os
import time

import pytest

from tests.chaos.flow import bring_in, check_each_scored_once, wait_for_all
from tests.stack import Stack, wait_until
from tests.workers.conftest import phantom_upload, state_of

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif("TEST_REDIS_URL" in os.environ, reason="the Redis of this run is not ours to stop"),
    pytest.mark.skipif("TEST_BROKER_URL" in os.environ, reason="another broker carries the messages of this run"),
]
CONSUMING_AGAIN_SECONDS = 30


def stop_redis(stack: Stack) -> None:
    """It ends as at a reboot, and forgets what it held."""
    process = stack.processes.pop("redis")
    process.terminate()
    process.wait(20)


def seconds_until_consumed(sender, seed: int) -> float:
    """From the return of Redis until a picture that came after it has been answered."""
    began = time.monotonic()
    upload = phantom_upload(sender, seed=seed)
    wait_until(lambda: state_of(upload) == "ready", CONSUMING_AGAIN_SECONDS + 60, "an answer after the restart")
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("count", "restarts", "away"),
    [
        pytest.param(30, 2, 4, marks=pytest.mark.timeout(400)),
        pytest.param(500, 10, 60, marks=[pytest.mark.long, pytest.mark.timeout(2400)]),
    ],
)
def test_nothing_is_lost_when_redis_goes_and_comes_back(full_stack, sender, count, restarts, away):
    workers = {name: full_stack.processes[name].pid for name in ("reader", "inference", "sweeper")}
    each, uploads, taken, waits = count // (restarts + 1), [], [], []
    for turn in range(restarts + 1):
        last = turn == restarts
        for seed in range(turn * each, count if last else (turn + 1) * each):
            if seed == turn * each + each // 2:
                stop_redis(full_stack)
            began = time.monotonic()
            uploads += bring_in(sender, [seed])
            taken.append(time.monotonic() - began)
        time.sleep(away if last else 0.5)
        full_stack.start_redis()
        waits.append(seconds_until_consumed(sender, seed=10_000 + turn))
    wait_for_all(uploads)

    print(f"consuming again after {max(waits):.1f} s at most, uploads taken in {max(taken):.1f} s")  # noqa: T201
    assert max(waits) <= CONSUMING_AGAIN_SECONDS
    assert {name: full_stack.processes[name].pid for name in workers} == workers
    assert all(full_stack.processes[name].poll() is None for name in workers)
    check_each_scored_once([*uploads, *_probes(uploads)])


def _probes(uploads) -> list:
    from cases.models import Upload

    return list(Upload.objects.exclude(pk__in=[upload.pk for upload in uploads]))
