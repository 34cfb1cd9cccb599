"""The terminal's language: the same catalogue as the pages, chosen by LANG and the like, without Django."""

from __future__ import annotations

import gettext as catalogues
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_catalogue = catalogues.translation("django", REPOSITORY / "cases" / "locale", fallback=True)


def gettext(sentence: str) -> str:
    """`sentence` in the terminal's language, or as it is where there is no translation."""
    return _catalogue.gettext(sentence)
