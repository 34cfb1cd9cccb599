"""A channel whose connection was given up says so with an error that a worker lives through."""

from __future__ import annotations

import pytest
from kombu import Connection
from kombu.transport.redis import Transport
from redis import Redis

from pneumo_site.broker import Channel
from pneumo_site.celery import app


def test_channels_of_the_product_are_its_own():
    assert Transport.Channel is Channel
    assert app.connection_for_write("redis://127.0.0.1:1").transport.Channel is Channel


def test_a_connection_that_was_given_up_is_a_connection_error_not_an_attribute_error():
    connection = Connection("redis://127.0.0.1:1")
    channel = object.__new__(Channel)
    channel.connection = connection.transport
    assert channel._connparams()["port"] == 1

    connection.transport.client = None

    with pytest.raises(connection.connection_errors, match="given up"):
        channel._connparams()


def test_a_channel_makes_one_client_for_each_pool():
    channel = object.__new__(Channel)
    channel.connection = Connection("redis://127.0.0.1:1").transport
    channel.keyprefix_fanout, channel.Client = "", Redis

    def acquired() -> Redis:
        with channel.conn_or_acquire() as client:
            return client

    first = acquired()
    assert acquired() is first
    assert first.connection_pool is channel.pool

    channel._pool = None  # what kombu does when the connection is lost

    assert acquired() is not first
    with channel.conn_or_acquire(first) as given:
        assert given is first
