"""Critical results: the call that tells somebody of a finding that can't wait, with the six fields that prove it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

HOW_NAMES = {
    "phone": _("by telephone"),
    "in_person": _("in person"),
    "message": _("by a message that was answered"),
    "other": _("in another way"),
}
SIX_FIELDS = ("finding", "found_at", "called_by", "received_by", "received_at", "how")


class CriticalResultQuerySet(models.QuerySet["CriticalResult"]):
    """Which calls somebody is reminded of."""

    def nagging(self, user: Any) -> CriticalResultQuerySet:
        """Calls that are not complete: those a radiologist opened, all for an administrator, none for others."""
        mine = {"radiologist": Q(opened_by=user.pk), "administrator": Q()}.get(getattr(user, "role", ""))
        return self.none() if mine is None else self.filter(mine, state="open")


class CriticalResult(models.Model):
    """One critical finding and its call; open until all six fields are there, or it is withdrawn with a reason."""

    STATES = [("open", _("open")), ("complete", _("complete")), ("withdrawn", _("withdrawn"))]

    case = models.ForeignKey("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="critical_results")
    state = models.CharField(_("state"), max_length=10, choices=STATES, default="open")
    finding = models.CharField(_("finding"), max_length=500)
    found_at = models.DateTimeField(_("found"))
    called_by = models.CharField(_("called by"), max_length=120, blank=True)
    received_by = models.CharField(_("received by"), max_length=120, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)
    how = models.CharField(_("how"), max_length=10, blank=True, choices=list(HOW_NAMES.items()))
    withdrawn_reason = models.CharField(_("why it was withdrawn"), max_length=500, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("opened by"), on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)

    objects = CriticalResultQuerySet.as_manager()

    class Meta:
        verbose_name = _("critical result")
        verbose_name_plural = _("critical results")
        ordering = ["pk"]
        indexes = [models.Index(fields=["opened_by"], condition=Q(state="open"), name="critical_open")]
        constraints = [
            models.CheckConstraint(
                name="complete_call_has_six_fields",
                condition=~Q(state="complete")
                | ~Q(finding="") & ~Q(called_by="") & ~Q(received_by="") & ~Q(how="") & Q(received_at__isnull=False),
            ),
            models.CheckConstraint(
                name="withdrawn_call_has_reason", condition=~Q(state="withdrawn") | ~Q(withdrawn_reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"

    @property
    def is_kept(self) -> bool:
        """Whether it was not withdrawn."""
        return self.state != "withdrawn"

    @property
    def missing(self) -> list[str]:
        """Names of the fields, of the six, that are still empty."""
        return [name for name in SIX_FIELDS if not getattr(self, name)]
