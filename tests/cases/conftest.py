"""What every test of the cases needs."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def live_parts_looked_up_anew(monkeypatch):
    """A test asks twice within a moment, as no page does: each answer is of that moment."""
    monkeypatch.setattr("cases.worklist.views.LIVE_MAY_BE_OLD_S", 0.0)
