"""The server ends every session, and is away for some seconds, while pictures are read and scored (F06)."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from tests.chaos.flow import bring_in, check_each_scored_once, wait_for_all
from tests.sessions import database_away, end_sessions, sessions_of_others
from tests.workers.conftest import phantom_upload, wait_for_state

AWAY_SECONDS = 5


@pytest.mark.timeout(300)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file does not go away")
def test_nothing_is_lost_when_the_database_ends_its_sessions_and_goes_away(full_stack, sender):
    uploads = bring_in(sender, range(4))
    wait_for_all(uploads)

    assert end_sessions() > 0  # those that the workers keep
    began = time.monotonic()
    uploads.append(phantom_upload(sender, seed=4))
    wait_for_state(uploads[-1], "ready", 60)
    print(f"an answer {time.monotonic() - began:.1f} s after all sessions had ended")  # noqa: T201

    uploads += bring_in(sender, range(5, 15))
    with database_away():
        time.sleep(AWAY_SECONDS)
        assert sessions_of_others() == 0
    began = time.monotonic()
    wait_for_all(uploads)
    print(f"all done {time.monotonic() - began:.1f} s after the database was back")  # noqa: T201

    check_each_scored_once(uploads)
    assert all(process.poll() is None for process in full_stack.processes.values())
