"""Which models answer, and the analyses that ask them."""

from __future__ import annotations

from cases import bell
from cases.models import Analysis, ModelVersion, Radiograph, Site
from inference.preprocessing import Preprocessing
from inference.quality import Scope


def running_versions() -> list[ModelVersion]:
    """The active version of every model name."""
    return list(ModelVersion.objects.filter(active=True).order_by("name"))


def preprocessings_of(versions: list[ModelVersion]) -> dict[str, Preprocessing]:
    """The distinct preparations that these versions ask for, by fingerprint."""
    asked = (Preprocessing.from_dict(version.preprocessing) for version in versions)
    return {preprocessing.fingerprint: preprocessing for preprocessing in asked}


def scope_of(versions: list[ModelVersion]) -> Scope:
    """The scope of the primary model, or of the first; an empty one when no model runs."""
    primary = Site.current().primary_model
    ordered = sorted(versions, key=lambda version: version.name != primary)
    return Scope.from_dict(ordered[0].scope) if ordered else Scope()


def open_analyses(radiograph: Radiograph, versions: list[ModelVersion], run: int = 1) -> None:
    """One waiting analysis per version and run; those that are there already are rung again."""
    for version in versions:
        analysis, _ = Analysis.objects.get_or_create(radiograph=radiograph, model_version=version, run=run)
    for analysis in radiograph.analyses.filter(state="waiting"):
        bell.ring_score(analysis.pk, radiograph.case.priority)
