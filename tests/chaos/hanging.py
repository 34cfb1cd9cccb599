"""`celery -A tests.chaos.hanging`: the product's worker, with a network that never comes back from a picture."""

from __future__ import annotations

import time

import django
import numpy as np

from pneumo_site.celery import app

django.setup()

from django.conf import settings  # noqa: E402

from cases import engines  # noqa: E402
from cases.models import ModelVersion  # noqa: E402
from inference.engine import Engine  # noqa: E402

__all__ = ["app"]


class Hanging:
    """It takes the pictures of a version."""

    max_batch = 32

    def __init__(self, version: ModelVersion) -> None:
        self.classes = tuple(version.classes)
        self.shape = (version.preprocessing["height"], version.preprocessing["width"], 1)

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """For an hour."""
        time.sleep(3600)
        raise AssertionError("somebody waited for it")


def _hanging(version: ModelVersion) -> Engine:
    return Engine(Hanging(version), stuck_s=engines.STUCK_DEADLINES * settings.SCORE_SECONDS)


engines._opened = _hanging
