"""Redis as the broker: a worker survives that it goes away, whatever the worker is doing at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.transport import redis as transport
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway


class Channel(transport.Channel):
    """Kombu's channel, which keeps its client, and whose lost connection is the error that everybody expects.

    Kombu 5.7 says it with an AttributeError when messages are in hand; Celery takes that for its own fault and ends the
    worker (celery/kombu issue 582, tests/chaos/test_redis_restarts.py).
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisAway("the connection to the broker was given up")
        found: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]
        return found

    @contextmanager
    def conn_or_acquire(self, client: Redis | None = None) -> Iterator[Redis]:
        """The client of this channel's pool, made once: kombu makes one for every message that is sent or answered."""
        yield client or self._kept_client()

    def _kept_client(self) -> Redis:
        kept = self._kept
        if kept is None or kept.connection_pool is not self.pool:  # a pool is given up with its connection
            kept = self._kept = self._create_client()  # type: ignore[no-untyped-call]
        return kept

    _kept: Redis | None = None


def use_own_channel() -> None:
    """From now on every connection to a Redis broker has these channels."""
    transport.Transport.Channel = Channel
