"""Intervals of shares and figures, for the pages that say one."""

from __future__ import annotations

import math

Z95 = 1.959964  # of the normal distribution, two-sided 95 %


def wilson(positive: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share; Wilson, J. Am. Stat. Assoc. 22 (1927) 209.

    Args:
        count: at least 1.
    """
    share, square = positive / count, Z95 * Z95
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z95 / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)
