"""A picture in whose hands the reading child dies every time is parked, and the others hardly wait (F02)."""

from __future__ import annotations

import pytest

from cases.models import Analysis, Case, Radiograph
from tests.chaos.flow import bring_in, check_none_twice, kill_child, wait_for_all
from tests.chaos.slow_picture import child_that_reads, slow_upload, state_of_reading
from tests.stack import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]
MAX_DELAY_SECONDS = 30


def kill_whoever_reads(stack, poison) -> bool:
    """One attempt, ended by kill -9; False when there will be none any more."""
    pid = child_that_reads(stack, poison)
    attempts = Radiograph.objects.get(pk=poison.radiograph_id).attempts
    if pid is not None:
        kill_child(pid)
        wait_until(
            lambda: (
                Radiograph.objects.get(pk=poison.radiograph_id).attempts > attempts
                or state_of_reading(poison) != "reading"
            ),
            60,
            "the end of the attempt",
        )
    return state_of_reading(poison) not in ("failed", "read")


def test_a_poisoned_picture_fails_after_three_attempts_and_delays_nobody(full_stack, sender):
    poison, neighbours, kills = slow_upload(sender), [], 0
    while kill_whoever_reads(full_stack, poison):
        kills += 1
        neighbours += bring_in(sender, range(10 * kills, 10 * kills + 6))
    wait_for_all([poison, *neighbours])

    radiograph = Radiograph.objects.get(pk=poison.radiograph_id)
    done = Analysis.objects.filter(radiograph__in=[upload.radiograph_id for upload in neighbours], state="done")
    delays = [(row.finished_at - row.radiograph.case.received_at).total_seconds() for row in done]
    print(f"{radiograph.attempts} attempts, {len(delays)} others waited {max(delays):.1f} s at most")  # noqa: T201
    assert (radiograph.state, radiograph.failure_code) == ("failed", "decoder_crashed")
    assert radiograph.attempts <= 3
    assert Case.objects.get(pk=poison.case_id).state == "failed"
    assert len(delays) == len(neighbours) >= 6
    assert max(delays) <= MAX_DELAY_SECONDS
    assert full_stack.processes["reader"].poll() is None
    check_none_twice()
