"""May a model judge this picture? Size, shape, content, colour, what the DICOM header says, what the gate sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np

from inference.age import age_in_years, age_notes
from inference.examinations import (
    LATERAL,
    OTHER_MODALITIES,
    SPELLINGS_OF_MODALITY,
    is_among,
    is_other_examination,
    modality_named,
    view_of,
    views_named,
)
from inference.radiograph.types import Radiograph

MIN_SIDE = 128
MAX_ASPECT = 3.2
"""Longest to shortest side; the narrowest of 5,900 public paediatric chest X-rays has 3.03."""
MIN_CONTRAST = 4.0
"""Standard deviation of the shown picture, of 255; chest X-rays have 30 to 70."""
MIN_SPREAD = 1 / 200
"""1st to 99th percentile of the values, as a share of the range of their bits; noise stretched to 8 bits has less."""
MAX_COLOUR = 10.0
"""Radiograph.colourfulness; scanned films reach 4, photographs start near 5 and have 39 in the middle."""
SCOPE_REFUSALS = ("view_outside_scope", "modality_outside_scope", "age_outside_scope")
"""Codes that hold for the models with such a scope; all other refusals hold for every model."""


@dataclass(frozen=True)
class Scope:
    """For whom a model was made, as its bundle says; every part may be left open.

    Attributes:
        age_years: youngest and oldest, both included, or None where nothing is said.
        views: as in ViewPosition ("AP", "PA"). modalities: as in Modality ("CR", "DX").
        population, population_ko: one sentence on the patients it was made with.
    """

    age_years: tuple[float, float] | None = None
    views: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    population: str = ""
    population_ko: str = ""

    def to_dict(self) -> dict[str, object]:
        """As written into bundle.json."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> Scope:
        """From bundle.json; a missing name is left open, an unknown one is an error (ValueError)."""
        known = {field.name for field in fields(cls)}
        if unknown := set(values) - known:
            raise ValueError(f"a scope has {', '.join(sorted(known))}, not {', '.join(sorted(unknown))}")
        plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**plain)


@dataclass(frozen=True)
class Verdict:
    """Codes of the table of reasons: `refusals` forbid a score, `notes` are said beside it."""

    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether a model may judge the picture."""
        return not self.refusals


class SightLike(Protocol):
    """What is needed of the gate's answer; `inference.gate.Sight` is one."""

    @property
    def refusals(self) -> tuple[str, ...]:
        """Codes that forbid a score."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Codes that are said beside one."""


def judge(radiograph: Radiograph, scope: Scope, sight: SightLike | None = None) -> Verdict:
    """Look at one picture on behalf of a model with this scope.

    Args:
        sight: what the gate sees in it; None where no gate is asked. Plainer reasons come first: where one of them
            refuses, the gate adds nothing. What the scope refuses comes last, beside either.
    """
    plain = _true(
        {
            "too_small": min(radiograph.values.shape) < MIN_SIDE,
            "odd_shape": max(radiograph.values.shape) > MAX_ASPECT * min(radiograph.values.shape),
            "blank": is_blank(radiograph),
            "not_grey": radiograph.colourfulness > MAX_COLOUR,
            "not_chest": is_other_examination(radiograph.tags),
            "lateral_view": LATERAL in views_named(radiograph.tags),
        }
    )
    seen = sight or Verdict()
    notes = (*_notes_on(radiograph, scope), *seen.notes)
    return Verdict((*(plain or seen.refusals), *outside(scope, radiograph.tags)), notes)


def outside(scope: Scope, tags: Mapping[str, str], *further_ages: float | None) -> tuple[str, ...]:
    """Codes of SCOPE_REFUSALS: what a DICOM header names that is not in this scope; silence is never outside.

    What says plainly that the picture is no frontal chest X-ray has its own code, and none of these.

    Args:
        further_ages: in years, from other sources than the header.
    """
    views, modality = views_named(tags) - {LATERAL}, modality_named(tags)
    meant = frozenset(view_of(view) for view in scope.views)
    ages = age_notes([age_in_years(tags), *further_ages], scope.age_years)
    return _true(
        {
            "view_outside_scope": bool(meant) and not all(is_among(view, meant) for view in views),
            "modality_outside_scope": bool(scope.modalities and modality)
            and modality not in OTHER_MODALITIES | _modalities(scope),
            "age_outside_scope": ages.get("age_outside_scope", False),
        }
    )


def _modalities(scope: Scope) -> frozenset[str]:
    return frozenset(SPELLINGS_OF_MODALITY.get(modality, modality) for modality in scope.modalities)


def _notes_on(radiograph: Radiograph, scope: Scope) -> tuple[str, ...]:
    """What is not known, and said: a file without a header says nothing of views, and everybody knows."""
    asked = bool(scope.views) and radiograph.format == "DICOM"
    return _true(
        {
            "age_unknown": age_notes([age_in_years(radiograph.tags)], scope.age_years).get("age_unknown", False),
            "view_unknown": asked and not views_named(radiograph.tags),
            "no_scale": radiograph.spacing_mm is None,
        }
    )


def is_blank(radiograph: Radiograph) -> bool:
    """Whether there is next to nothing to see."""
    step = max(1, int((radiograph.values.size / 2**16) ** 0.5))
    if float(radiograph.displayed()[::step, ::step].std()) < MIN_CONTRAST:
        return True
    if radiograph.values.dtype == np.uint8 or not np.issubdtype(radiograph.values.dtype, np.integer):
        return False  # shown as it is, or rescaled to other units: the bits no longer say what the range is
    low, high = np.percentile(radiograph.values[::step, ::step], (1, 99))
    return bool(high - low < MIN_SPREAD * 2**radiograph.bits)


def _true(findings: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(code for code, found in findings.items() if found)
