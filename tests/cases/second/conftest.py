"""A site that has every signed case read by a second reader."""

from __future__ import annotations

import pytest

from cases.models import Site


@pytest.fixture
def every_case_is_drawn(db, settings) -> None:
    settings.REDIS_URL = ""
    Site.current()
    Site.objects.update(second_reading=True, second_percent=100)
