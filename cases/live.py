"""Changes reach the open pages: a case's id on Redis, one reader per web process, server-sent events to each page.

Only ids travel; the page fetches again and rights are checked again. Without Redis the pages poll.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator
from functools import cache

import redis
import redis.asyncio
from django.conf import settings

log = logging.getLogger(__name__)
CHANNEL = "pneumo:changes"
HEARTBEAT_SECONDS = 15
QUEUE_SIZE = 100


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def publish(case_id: int) -> None:
    """Tell every web process that a case changed. Redis away: the pages' polling finds it."""
    _say(str(case_id))


def refresh() -> None:
    """Tell every page to look again: what changed belongs to no case."""
    _say("refresh")


def _say(word: str) -> None:
    if not settings.REDIS_URL:
        return
    broadcaster.note_word()  # whoever has made the change sees it on the next page, however slow Redis is
    try:
        _client().publish(CHANNEL, word)
    except redis.RedisError as error:
        log.warning("live changes are off: %s", type(error).__name__)


class Broadcaster:
    """One Redis reader for all pages of this process."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[str]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._is_listening = False
        self._heard_at = 0.0  # monotonic

    def note_word(self) -> None:
        """Something was said, by this process or by another."""
        self._heard_at = time.monotonic()

    def quiet_s(self) -> float:
        """Seconds since the last word, or since this process began to listen; 0 where it does not."""
        return time.monotonic() - self._heard_at if self._is_listening else 0.0

    async def changes(self) -> AsyncGenerator[str]:
        """Case ids as they change; "refresh" when some were missed; "" as a heartbeat."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_SIZE)
        self._listeners.add(queue)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_forever())
        try:
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ""
        finally:
            self._listeners.discard(queue)
            if not self._listeners and self._reader is not None:
                self._reader.cancel()
                self._reader = None

    async def _read_forever(self) -> None:
        while True:
            try:
                await self._read_until_lost()
            except (redis.RedisError, OSError) as error:
                log.warning("live changes: Redis is away (%s), trying again", type(error).__name__)
            await asyncio.sleep(1)
            self._tell("refresh")

    async def _read_until_lost(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL)
        async with client, client.pubsub() as subscription:
            try:
                await subscription.subscribe(CHANNEL)
                async for message in subscription.listen():
                    self.note_word()  # the answer to `subscribe` is the first
                    self._is_listening = True
                    if message["type"] == "message":
                        self._tell(message["data"].decode())
            finally:
                self._is_listening = False

    def _tell(self, word: str) -> None:
        for queue in self._listeners:
            if queue.full():
                with contextlib.suppress(asyncio.QueueEmpty):
                    queue.get_nowait()
                word = "refresh"
            queue.put_nowait(word)


broadcaster = Broadcaster()


async def event_stream() -> AsyncGenerator[bytes]:
    """The body of a text/event-stream answer."""
    yield b"retry: 2000\n\n"
    async with contextlib.aclosing(broadcaster.changes()) as changes:
        async for word in changes:
            yield f"data: {word}\n\n".encode() if word else b": still here\n\n"
