"""The stream of changes: who gets it, and that a change in a transaction arrives as an id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient

from cases import live
from cases.intake.services import withdraw
from cases.reading.services import claim_next
from cases.worklist.together import Together
from tests.stack import running_stack

ROWS = "/worklist/rows/"
BACKEND = "django.contrib.auth.backends.ModelBackend"
pytestmark = pytest.mark.django_db(transaction=True)


async def opened(user=None):
    """The answer to a page that listens."""
    client = AsyncClient()
    if user is not None:
        await client.aforce_login(user, backend=BACKEND)
    return await client.get("/live/")


@pytest.fixture
def redis(db):
    """A real Redis."""
    with running_stack() as stack:
        stack.start_redis()
        yield
        live._client().close()
        live._client.cache_clear()


@pytest.mark.parametrize("user", [None, "mallory"])
def test_nobody_and_people_without_a_role_are_refused(user, request):
    person = request.getfixturevalue(user) if user else None
    assert async_to_sync(opened)(person).status_code == 403


def test_without_redis_the_page_is_told_to_poll(bob, settings):
    settings.REDIS_URL = ""
    assert async_to_sync(opened)(bob).status_code == 204


async def heard(user, change: Callable[[], Awaitable[Any]]) -> bytes:
    """What an open page hears within five seconds of a change, up to its first line of data."""
    answer = await opened(user)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    stream = aiter(answer.streaming_content)
    said = await anext(stream)
    listening = asyncio.create_task(anext(stream))
    while not listening.done():
        await asyncio.sleep(0.2)  # the subscription takes a moment
        await change()
    said += await asyncio.wait_for(listening, 5)
    await stream.aclose()
    return said


def test_a_change_arrives_as_an_id_and_nothing_else(bob, dana, a_case, redis):
    case = a_case()
    changes = iter([lambda: withdraw(case=case, by=dana, reason="wrong patient")])

    async def change_once() -> None:
        change = next(changes, None)
        if change:
            await asyncio.sleep(0.5)
            await sync_to_async(change)()

    said = async_to_sync(heard)(bob, change_once)
    assert said == f"retry: 2000\n\ndata: {case.pk}\n\n".encode()


async def quiet_while_listening() -> list[float]:
    """How long nothing was said: before anybody listens, while somebody does, after a word, and when all have gone."""
    found = [live.broadcaster.quiet_s()]
    stream = live.event_stream()
    await anext(stream)
    word = asyncio.create_task(anext(stream))
    while not live.broadcaster.quiet_s():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    found.append(live.broadcaster.quiet_s())
    await sync_to_async(live.publish)(7)
    assert await asyncio.wait_for(word, 5) == b"data: 7\n\n"
    found.append(live.broadcaster.quiet_s())
    await stream.aclose()
    async with asyncio.timeout(5):
        while live.broadcaster.quiet_s():
            await asyncio.sleep(0.01)
    return [*found, live.broadcaster.quiet_s()]


def test_it_is_known_how_long_nothing_was_said_while_somebody_listens(redis):
    before, listening, after_a_word, gone = async_to_sync(quiet_while_listening)()
    assert before == gone == 0.0
    assert listening > 0.25
    assert after_a_word < listening


def test_open_pages_share_what_was_looked_up_since_the_last_word(bob, a_case, client_of, monkeypatch):
    monkeypatch.setattr("cases.worklist.views.LIVE_MAY_BE_OLD_S", 0.0)
    monkeypatch.setattr("cases.worklist.listing._together", Together())
    quiet = [60.0]
    monkeypatch.setattr(live.broadcaster, "quiet_s", lambda: quiet[0])

    def rows() -> int:
        return client_of(bob).get(ROWS).content.count(b'<tr id="case-')

    a_case()
    assert rows() == 1
    a_case()  # nobody says so
    assert rows() == 1
    quiet[0] = 0.0  # now somebody has
    assert rows() == 2
    quiet[0] = 60.0
    assert rows() == 2


def test_who_has_changed_something_sees_it_on_the_next_page(bob, a_case, client_of, redis, monkeypatch):
    monkeypatch.setattr("cases.worklist.listing._together", Together())
    monkeypatch.setattr(live.broadcaster, "_is_listening", True)
    case, client = a_case(), client_of(bob)
    live.broadcaster._heard_at -= 60
    assert b"row-mine" not in client.get("/").content
    assert claim_next(by=bob) == case  # no word of it comes back from Redis: nobody listens here
    assert b"row-mine" in client.get("/").content
