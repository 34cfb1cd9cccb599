"""Which of the cases that arrive are read before the model is shown."""

from __future__ import annotations

import random

from cases.models import Site

chance = random.SystemRandom()  # nobody can tell the next draw from the last


def drawn_blind(site: Site) -> bool:
    """Whether a case that arrives now is read blind; drawn anew at each call."""
    if site.blind_first == "share":
        return chance.random() * 100 < site.blind_percent
    return site.blind_first == "always"
