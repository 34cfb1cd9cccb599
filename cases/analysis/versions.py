"""Which models answer, and the analyses that ask them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from cases import bell
from cases.models import Analysis, ModelVersion, Radiograph, Site
from cases.selects import Fields, Select
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
_WAITING = Select(lambda radiograph: Analysis.objects.filter(radiograph=radiograph, state="waiting").values_list("pk"))


def running_versions() -> list[ModelVersion]:
    """The active version of every model name."""
    return list(ModelVersion.objects.filter(active=True).order_by("name"))


def versions_asked() -> list[ModelVersion]:
    """What is asked about a picture that arrives: the active version of every model name, and those in the shadow."""
    return [VERSION.row(values) for values in _ASKED()]


def active_among(asked: list[ModelVersion]) -> list[ModelVersion]:
    """Those whose answers readers see."""
    return [version for version in asked if version.active]


def preprocessings_of(versions: list[ModelVersion]) -> dict[str, Preprocessing]:
    """The distinct preparations that these versions ask for, by fingerprint."""
    asked = (Preprocessing.from_dict(version.preprocessing) for version in versions)
    return {preprocessing.fingerprint: preprocessing for preprocessing in asked}


def scope_of(versions: list[ModelVersion]) -> Scope:
    """The scope of the primary model, or of the first; an empty one when no model runs."""
    if len(versions) > 1:
        primary = Site.current().primary_model
        versions = sorted(versions, key=lambda version: version.name != primary)
    return Scope.from_dict(versions[0].scope) if versions else Scope()


def open_analyses(radiograph: Radiograph, versions: Sequence[ModelVersion], run: int = 1) -> None:
    """One waiting analysis per version and run; those that are there already are rung again."""
    asked = [Analysis(radiograph=radiograph, model_version=version, run=run) for version in versions]
    Analysis.objects.bulk_create(asked, ignore_conflicts=True)
    for (pk,) in _WAITING(radiograph.pk):
        bell.ring_score(pk, radiograph.case.priority)
