"""The models: which there are, and the page of one, one click from every probability."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cases.access import for_administrators, for_staff
from cases.models import Activation, ModelVersion, Site
from cases.oversight.agreement import all_beside
from cases.oversight.model_cards import card_as_html
from cases.oversight.model_figures import figures_of
from inference.quality import Scope


@for_staff
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """Every registered version, the running ones first."""
    versions = _counted().prefetch_related("activations").order_by("-active", "name", "-registered_at")
    rows = [{"version": version, "thresholds": _in_force(version)} for version in versions]
    return render(request, "cases/models.html", {"rows": rows, "primary": Site.current().primary_model})


@for_staff
@require_safe
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: card, scope, thresholds in force, figures with intervals, checksum."""
    version = get_object_or_404(_counted(), pk=pk)
    activations = Activation.objects.filter(model_version=version).select_related("by", "replaced")
    context = {
        "version": version,
        "activations": activations,
        "thresholds": _in_force(version),
        "scope": Scope.from_dict(version.scope),
        "figures": figures_of(version.metrics),
        "card": card_as_html(version.card),
        "is_primary": version.name == Site.current().primary_model,
    }
    return render(request, "cases/model.html", context)


@require_safe
@for_administrators
def side_by_side(request: HttpRequest) -> HttpResponse:
    """The versions in the shadow beside the primary model."""
    found = all_beside()
    return render(request, "cases/side_by_side.html", {"rows": found, "primary": Site.current().primary_model})


def _counted() -> QuerySet[ModelVersion]:
    shown = Q(analyses__state="done", analyses__shadow=False)
    return ModelVersion.objects.annotate(answers=Count("analyses", filter=shown))


def _in_force(version: ModelVersion) -> dict[str, float]:
    """As ModelVersion.running_thresholds, from what is loaded already."""
    newest = max(version.activations.all(), key=lambda activation: activation.pk, default=None)
    return dict(newest.thresholds if newest else version.thresholds)
