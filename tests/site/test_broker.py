"""A channel whose connection was given up says so with an error that a worker lives through."""

from __future__ import annotations

import pytest
from kombu import Connection
from kombu.transport.redis import Transport

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
