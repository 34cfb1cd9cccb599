"""A request goes from the event loop to its thread and back a few times, not for each middleware."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncRequestFactory
from django.utils.module_loading import import_string

CHANGES = 6  # three in Django's handler, the row of middleware, the view, the end of the answer


@pytest.fixture
def changes(monkeypatch):
    """What was called in a thread so far."""
    found: list[object] = []
    original = SyncToAsync.__call__

    async def counted(self, *args, **values):
        found.append(self.func)
        return await original(self, *args, **values)

    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    return found


async def asked(path: str) -> list[dict[str, Any]]:
    """What the ASGI application sends for a GET."""
    sent: list[dict[str, Any]] = []
    scope = AsyncRequestFactory()._base_scope(path=path, method="GET")
    wanted = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if not wanted:  # and the browser stays
            await asyncio.Event().wait()
        return wanted.pop()

    async def send(message):
        sent.append(message)

    await ASGIHandler()(scope, receive, send)
    return sent


def test_a_page_changes_threads_a_few_times(changes):
    start = asyncio.run(asked("/livez"))[0]

    assert start["status"] == 200
    assert dict(start["headers"])[b"Cache-Control"] == b"no-store"  # the row of middleware was passed
    assert len(changes) <= CHANGES


def test_without_it_there_would_be_many_more(changes, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if import_string(name).async_capable]

    asyncio.run(asked("/livez"))

    assert len(changes) > 2 * CHANGES
