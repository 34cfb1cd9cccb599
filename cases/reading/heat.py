"""The heat maps of a case page: one per picture, for readers, of the answer that the page puts first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.analysis import may_ask_heat_map
from cases.models import Analysis, HeatMap, User
from cases.reading.queries import Picture, Why, why


@dataclass(frozen=True)
class HeatSide:
    """What the page says of one picture's heat map.

    Attributes:
        number, radiograph_id: of the picture. answer: the analysis that the map is of.
        map: None where nobody has asked yet. why: why it is not shown, where it was refused or failed.
    """

    number: int
    radiograph_id: int
    answer: Analysis
    map: HeatMap | None

    @property
    def state(self) -> str:
        """The map's state; "none" before anybody asks."""
        return self.map.state if self.map else "none"

    @property
    def why(self) -> Why | None:
        """The stored reason in words; while it waits for another try there is none to tell."""
        told = self.map is not None and self.map.state in ("unreliable", "failed")
        return why(self.map.failure_code) if self.map and told else None


def heat_sides(pictures: Sequence[Picture], user: User) -> list[HeatSide]:
    """Per picture the newest answer of the first model that has one; empty for who may not ask."""
    found = {picture.number: _first_answer(picture) for picture in pictures if picture.is_shown}
    asked = {number: row for number, row in found.items() if row is not None and may_ask_heat_map(row, user)}
    maps = {row.analysis_id: row for row in HeatMap.objects.filter(analysis__in=asked.values())} if asked else {}
    return [HeatSide(number, row.radiograph_id, row, maps.get(row.pk)) for number, row in asked.items()]


def _first_answer(picture: Picture) -> Analysis | None:
    return next((row for row in picture.answers if row.state == "done"), None)
