"""The sweeper: one round every few seconds until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from cases import live, pulse, sweeper

log = logging.getLogger("cases.sweeper")


class Command(BaseCommand):
    """`manage.py sweeper [--once]`."""

    help = "Ring again what is unfinished, end what is lost. Runs until stopped; --once does one round."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            self.stdout.write(str(sweeper.sweep()))
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        answering = None
        while not stop.wait(settings.SWEEP_SECONDS):
            answering = one_round(answering)


def one_round(answering: bool | None = None) -> bool | None:
    """Sweep and give a sign of life; a database that is away is waited for.

    Args:
        answering: whether a model answered at the last round. Open pages are told when that changes: a worker that
            dies changes no case. Gives what it is now.
    """
    try:
        close_old_connections()
        swept = sweeper.sweep()
        pulse.beat(f"sweeper@{socket.gethostname()}", "sweep", pid=os.getpid())
        if swept.rung or swept.failed or swept.released:
            log.info("swept: %s", swept)
        before, answering = answering, pulse.alive("infer")
        if before not in (None, answering):
            live.refresh()
    except DatabaseError as error:
        log.warning("the database is away: %s", type(error).__name__)
    return answering
