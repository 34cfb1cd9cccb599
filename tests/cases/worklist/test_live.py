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
from tests.stack import running_stack

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
