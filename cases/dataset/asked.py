"""What somebody wants to have exported, and the words for what is left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

SPLITS = ("train", "test")
LABELS = {
    "normal": "NORMAL",
    "pneumonia": "PNEUMONIA",
    "uncertain": "UNCERTAIN",
    "not_diagnostic": "NOT_DIAGNOSTIC",
}
"""Verdict of a signed reading -> class of the data set; the first two are the classes of the model that ships."""

ON_REQUEST = ("uncertain", "not_diagnostic", "not_scored", "burned_in")
LEFT_OUT = {
    "uncertain": "signed as uncertain",
    "not_diagnostic": "signed as not diagnostic",
    "not_scored": "refused by the gate (no frontal chest X-ray)",
    "burned_in": "with text in the picture, as the header says",
    "phantom": "drawn phantoms",
    "no_picture": "without a picture that could be read",
    "same_picture": "the same picture as in an older case",
    "outside_dates": "signed outside the dates asked for",
    "file_missing": "whose file is gone from the storage",
    "unreadable": "whose file can't be read any more",
}


@dataclass(frozen=True)
class Asked:
    """The filters of an export.

    Attributes:
        extras: which of ON_REQUEST are taken too. phantoms: drawn pictures are taken too.
        since, until: days of the newest signature in the site's time zone, both included; None: no bound.
    """

    extras: frozenset[str] = field(default_factory=frozenset)
    phantoms: bool = False
    since: date | None = None
    until: date | None = None

    def wants(self, what: str) -> bool:
        """Whether this is taken: a normal thing always, one of ON_REQUEST when it was asked for."""
        return what not in ON_REQUEST or what in self.extras

    def covers(self, day: date) -> bool:
        """Whether a signature of this day is inside the dates."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def to_json(self) -> dict[str, Any]:
        """As the data set's own description and the event hold it."""
        return {
            "with": sorted(self.extras),
            "phantoms": self.phantoms,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
