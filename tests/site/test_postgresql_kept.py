"""A connection to PostgreSQL waits for the next request (pneumo_site/postgresql), and only a sound one."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import OperationalError, connection, connections, transaction

from cases.models import Site
from cases.trials.services import try_picture
from pneumo_site.postgresql import base, kept
from tests.making import jpeg_bytes
from tests.sessions import database_away, end_session, end_sessions, own_session, sessions_of_others
from tests.stack import Stack, running_stack, wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="about PostgreSQL"),
]
AT_ONCE = 20  # as the web process


@pytest.fixture(autouse=True)
def keeping() -> Iterator[None]:
    connection.close()
    base.keep_connections(at_once=AT_ONCE)
    yield
    base.keep_connections(False)


def in_a_thread(do: Callable[[], object]) -> object:
    """What it returns; its connection is closed afterwards, as at the end of a request."""

    def request() -> object:
        try:
            return do()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(request).result()


def many(number: int, do: Callable[[], object] = own_session) -> set[object]:
    """Done by so many threads at the same time."""
    meet = threading.Barrier(number)

    def request() -> object:
        found = do()
        meet.wait(20)
        return found

    with ThreadPoolExecutor(number) as pool:
        return {future.result() for future in [pool.submit(in_a_thread, request) for _ in range(number)]}


def test_threads_one_after_another_have_one_session() -> None:
    first = in_a_thread(own_session)
    assert in_a_thread(own_session) == first
    assert in_a_thread(lambda: Site.objects.exists()) is False


def test_threads_at_the_same_time_have_a_session_each() -> None:
    assert len(many(4)) == 4
    assert len(base._kept._idle) == 4


def test_what_a_thread_leaves_half_done_is_not_seen_by_the_next() -> None:
    Site.objects.create(pk=1, name="before")

    def torn() -> int:
        with transaction.atomic():
            Site.objects.update(name="never committed")
            found = own_session()
            connection.close()
        return found

    first = in_a_thread(torn)
    assert in_a_thread(own_session) != first
    assert Site.objects.get().name == "before"
    with transaction.atomic():
        Site.objects.update(name="after")


def test_one_that_was_left_without_autocommit_commits_again() -> None:
    in_a_thread(lambda: connection.set_autocommit(False))
    in_a_thread(lambda: Site.objects.create(pk=1, name="kept"))
    assert Site.objects.get().name == "kept"


def test_only_a_process_that_says_so_keeps_any() -> None:
    base.keep_connections(False)
    first = in_a_thread(own_session)
    assert in_a_thread(own_session) != first


def test_those_that_the_server_has_ended_are_not_given_to_anybody() -> None:
    own_session()
    before = many(6)
    assert end_sessions() == 6
    after = [in_a_thread(own_session) for _ in range(3)]
    assert not before & set(after)
    assert len(set(after)) == 1


def test_statements_are_not_compiled_nor_divided() -> None:
    def settings() -> list[object]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('jit'), current_setting('max_parallel_workers_per_gather')")
            return cursor.fetchall()

    assert in_a_thread(settings) == in_a_thread(settings) == [("off", "0")]


def test_where_one_broke_in_somebodys_hands_the_others_are_not_trusted() -> None:
    many(4)

    def broken() -> None:
        mine = own_session()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(in_a_thread, lambda: end_session(mine)).result()
        with pytest.raises(OperationalError):
            own_session()

    in_a_thread(broken)
    assert base._kept._idle == []


def test_a_trial_leaves_no_session_to_a_thread_that_lives_on() -> None:
    assert asyncio.run(try_picture(jpeg_bytes(), "en", 1)).refusal.code == "model_missing"
    end_sessions()
    assert asyncio.run(try_picture(jpeg_bytes(), "en", 1)).refusal.code == "model_missing"


def test_those_that_waited_for_long_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    first = in_a_thread(own_session)
    monkeypatch.setattr(kept, "IDLE_S", 0.0)
    assert in_a_thread(own_session) != first
    monkeypatch.setattr(kept, "IDLE_S", 60.0)
    many(3)
    monkeypatch.setattr(kept, "IDLE_S", 0.0)
    in_a_thread(own_session)
    assert len(base._kept._idle) == 1


def test_a_few_wait_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    many(4)
    assert len(base._kept._idle) == 2


def test_another_database_has_connections_of_its_own() -> None:
    first = in_a_thread(own_session)
    settings = connection.settings_dict
    other = base.DatabaseWrapper({**settings, "NAME": "postgres"}, "default")
    with other.cursor() as cursor:
        cursor.execute("SELECT current_database(), pg_backend_pid()")
        name, pid = cursor.fetchone()
    other.close()
    base._kept.close_all()
    assert (name, pid == first) == ("postgres", False)


def test_a_child_leaves_its_parents_connections_alone() -> None:
    own = own_session()
    first = in_a_thread(own_session)
    child = os.fork()
    if child == 0:
        mine = connections["default"]
        os.close(mine.connection.fileno())  # what Celery does in its children
        mine.close()
        os._exit(0 if base._kept._idle == [] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert own_session() == own
    assert in_a_thread(own_session) == first


def test_who_comes_when_all_are_in_use_waits_for_the_first_that_is_free() -> None:
    base.keep_connections(at_once=2)
    go = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        holders = [pool.submit(in_a_thread, lambda: (own_session(), go.wait(20))[0]) for _ in range(2)]
        wait_until(lambda: base._places is not None and base._places._free.empty(), 10, "both places taken")
        late = pool.submit(in_a_thread, own_session)
        time.sleep(0.3)
        assert not late.done()
        go.set()
        assert late.result(10) in {holder.result(10) for holder in holders}


def test_who_waits_in_vain_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    base.keep_connections(at_once=1)
    monkeypatch.setattr(base, "WAIT_S", 0.2)
    connection.close()
    own_session()
    with pytest.raises(OperationalError, match="no connection to the database was free"):
        in_a_thread(own_session)
    connection.close()
    assert in_a_thread(own_session)


@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
def test_a_place_comes_back_from_a_thread_that_closed_nothing() -> None:
    base.keep_connections(at_once=1)
    connection.close()
    for _ in range(3):
        thread = threading.Thread(target=own_session)
        thread.start()
        thread.join()
        gc.collect()
    assert in_a_thread(own_session)


def test_a_place_comes_back_when_no_connection_was_made() -> None:
    base.keep_connections(at_once=1)
    connection.close()
    nobody = base.DatabaseWrapper({**connection.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}, "default")
    for _ in range(3):
        with pytest.raises(OperationalError, match="refused"):
            nobody.ensure_connection()
    assert in_a_thread(own_session)


@pytest.fixture
def web() -> Iterator[Stack]:
    with running_stack() as stack:
        stack.start_redis()
        stack.start("web")
        wait_until(lambda: database_is_up(stack) is True, 110, "the web server")
        yield stack


def database_is_up(stack: Stack) -> bool | None:
    """What the web process says; None where it does not answer."""
    try:
        return bool(httpx.get(f"http://127.0.0.1:{stack.port}/readyz", timeout=20).json()["database"]["up"])
    except httpx.HTTPError:
        return None


def asked_at_once(stack: Stack, number: int) -> list[bool | None]:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(database_is_up, [stack] * number))


@pytest.mark.timeout(240)
def test_the_web_process_outlives_its_sessions_and_says_at_once_when_the_database_is_away(web: Stack) -> None:
    """Sixty requests at once: none fails, and the process has no more sessions than its share."""
    assert asked_at_once(web, 60) == [True] * 60
    assert 1 <= sessions_of_others() <= AT_ONCE
    end_sessions()
    assert [database_is_up(web) for _ in range(10)] == [True] * 10
    with database_away():
        began = time.monotonic()
        assert [database_is_up(web) for _ in range(4)] == [False] * 4
        assert time.monotonic() - began < 4
    assert database_is_up(web) is True
