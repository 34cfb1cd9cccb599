"""One row of the table of reasons."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One reason in two languages; `{name}` places are filled from the values of the error."""

    en: str
    ko: str
    next_en: str
    next_ko: str
    can_retry: bool = False
