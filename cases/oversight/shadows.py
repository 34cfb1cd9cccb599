"""Which versions run in the shadow, and on how many cases."""

from __future__ import annotations

from django.db import transaction

from cases import events, rules
from cases.models import ModelVersion, User
from cases.oversight.services import check_administrator


def set_shadow(*, version: ModelVersion, share: float, by: User | None, reason: str) -> ModelVersion:
    """Ask this version too, of this share of the cases that come in from now on; 0 ends it.

    What it says is kept, compared on the page of models side by side, and never shown to readers.

    Args:
        share: 0 to 1. Which cases is drawn on arrival; a larger share holds all cases of a smaller one.

    Raises:
        RuleBroken: `not_your_role`, `reason_missing`, `share_out_of_range`, `runs_already`.
    """
    rules.check_reason(reason)
    if by is not None:
        check_administrator(by, "shadow")
    if not 0.0 <= share <= 1.0:
        raise rules.RuleBroken("share_out_of_range")
    with transaction.atomic():
        version = ModelVersion.objects.select_for_update().get(pk=version.pk)
        if version.active:
            raise rules.RuleBroken("runs_already")
        change = {"old": version.shadow_share, "new": share, "reason": reason.strip()[:500]}
        ModelVersion.objects.filter(pk=version.pk).update(shadow_share=share)
        events.record("shadow_changed", by=by, stream=f"model:{version.name}", version=str(version), **change)
    version.refresh_from_db()
    return version
