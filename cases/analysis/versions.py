"""Which models answer, and the analyses that ask them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q
from django.utils import timezone

from cases import bell
from cases.models import Analysis, ModelVersion, Radiograph, Site
from cases.selects import Fields, Select
from cases.writes import insert_rows
from inference.preprocessing import Preprocessing
from inference.quality import Scope

_LONG = ("card", "metrics")  # nobody asks for these here
VERSION = Fields(
    ModelVersion,
    *(field.attname for field in ModelVersion._meta.concrete_fields if field.attname not in _LONG),
    of="model_version",
)
_ASKED = Select(
    lambda: (
        ModelVersion.objects.filter(Q(active=True) | Q(shadow_share__gt=0))
        .order_by("name")
        .values_list(*(name.removeprefix("model_version__") for name in VERSION.columns))
    )
)
_OPENED = Select(
    lambda radiograph: Analysis.objects.filter(radiograph=radiograph).values_list("pk", "model_version", "run", "state")
)


def running_versions() -> list[ModelVersion]:
    """The active version of every model name."""
    return list(ModelVersion.objects.filter(active=True).order_by("name"))


def versions_asked() -> list[ModelVersion]:
    """What is asked about a picture that arrives: the active version of every model name, and those in the shadow."""
    return [VERSION.row(values) for values in _ASKED()]


def active_among(asked: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Those whose answers readers see."""
    return [version for version in asked if version.active]


def preprocessings_of(versions: list[ModelVersion]) -> dict[str, Preprocessing]:
    """The distinct preparations that these versions ask for, by fingerprint."""
    asked = (Preprocessing.from_dict(version.preprocessing) for version in versions)
    return {preprocessing.fingerprint: preprocessing for preprocessing in asked}


def scope_of(versions: list[ModelVersion]) -> Scope:
    """The scope of the primary model, or of the first; an empty one when no model runs."""
    return Scope.from_dict(primary_first(versions)[0].scope) if versions else Scope()


def primary_first(versions: Sequence[ModelVersion]) -> list[ModelVersion]:
    """The version of the primary model before the others."""
    if len(versions) < 2:
        return list(versions)
    primary = Site.current().primary_model
    return sorted(versions, key=lambda version: version.name != primary)


def open_analyses(
    radiograph: Radiograph, versions: Sequence[ModelVersion], run: int = 1, refused: Mapping[int, str] | None = None
) -> None:
    """One waiting analysis per version and run; those that are there already are rung again.

    Args:
        refused: versions by their id whose scope the picture is not in, with the reason: their analysis is not scored,
            until it is opened without one.
    """
    reasons = refused or {}
    asked = [Analysis(radiograph=radiograph, model_version=version, run=run) for version in versions]
    for row in asked:
        if reason := reasons.get(row.model_version_id):
            row.state, row.failure_code = "not_scored", reason
    insert_rows(asked, unless_there=True)
    _ring_opened(radiograph, {version.pk for version in versions} - set(reasons), run)


def _ring_opened(radiograph: Radiograph, wanted: set[int], run: int) -> None:
    """Ring for what waits; an analysis of this run that was refused, and is wanted now, waits as well."""
    opened = _OPENED(radiograph.pk)
    refused = [(pk, version) for pk, version, number, state in opened if (number, state) == (run, "not_scored")]
    again = [pk for pk, version in refused if version in wanted]
    if again:
        Analysis.objects.filter(pk__in=again).update(state="waiting", failure_code="", rung_at=timezone.now())
    for pk in [*again, *(pk for pk, _, _, state in opened if state == "waiting")]:
        bell.ring_score(pk, radiograph.case.priority)
