"""Activating on the command line: what an administrator decided stays unless somebody says why it is replaced."""

from __future__ import annotations

from django.db import transaction

from cases import rules
from cases.models import Activation, ModelVersion
from cases.oversight.services import activate_model

FIRST_REASON = "activated on the command line"


def activate_from_shell(
    *, version: ModelVersion, reason: str = "", sensitive: float | None = None, specific: float | None = None
) -> Activation | None:
    """Make this version run; None where it runs already with just these thresholds.

    Args:
        reason: may be left out where nothing runs under this name yet.
        sensitive, specific: above 0 and below 1; None: what the version runs with, else what its bundle proposes.

    Raises:
        RuleBroken: `reason_missing`, `thresholds_out_of_order`.
    """
    given = {name: value for name, value in (("sensitive", sensitive), ("specific", specific)) if value is not None}
    with transaction.atomic():
        running = _running_under(version.name)
        kept = version.running_thresholds if running == version else version.thresholds
        chosen = kept | given
        if running == version and chosen == kept:
            return None
        if running:
            rules.check_reason(reason)
        return activate_model(version=version, by=None, reason=reason or FIRST_REASON, thresholds=chosen)


def was_decided(name: str) -> bool:
    """Whether somebody has decided what runs under this model name: a version of it runs, or ran and was stopped."""
    versions = ModelVersion.objects.filter(name=name)
    return versions.filter(active=True).exists() or Activation.objects.filter(model_version__in=versions).exists()


def _running_under(name: str) -> ModelVersion | None:
    """The version that runs under this model name, locked."""
    return ModelVersion.objects.select_for_update().filter(name=name, active=True).first()
