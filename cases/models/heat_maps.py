"""Where in a picture the evidence for an answer lies, and whether that may be shown."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class HeatMap(models.Model):
    """The heat map of one finished analysis, made once somebody asks and kept.

    Attributes:
        asked_by: None where the site has heat maps made before anybody asks.
        key: the coloured layer (PNG), only where the check lets it be shown; beside it the picture with the map on it.
        before, after: probability of the positive class, and without what the map calls hottest.
        outside: share of the heat outside the body.
        failure_code: why it is not shown: of the check (`unreliable`) or of the work (`failed`).
    """

    STATES = [
        ("waiting", _("waiting")),
        ("running", _("running")),
        ("done", _("done")),
        ("unreliable", _("not reliable")),
        ("failed", _("failed")),
    ]

    analysis = models.OneToOneField(
        "Analysis", verbose_name=_("analysis"), on_delete=models.PROTECT, related_name="heat_map"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked for by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=STATES, default="waiting")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    strikes = models.PositiveSmallIntegerField(_("attempts that this input ended"), default=0)
    worker = models.CharField(_("worker"), max_length=140, blank=True)
    lease_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    rung_at = models.DateTimeField(_("last rung"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    failure_code = models.CharField(_("reason"), max_length=64, blank=True)
    key = models.CharField(_("file of the heat map"), max_length=120, blank=True)
    before = models.FloatField(_("probability"), null=True, blank=True)
    after = models.FloatField(_("probability without the hottest part"), null=True, blank=True)
    outside = models.FloatField(_("share of the heat outside the body"), null=True, blank=True)

    class Meta:
        verbose_name = _("heat map")
        verbose_name_plural = _("heat maps")
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "lease_until"], name="heat_map_work")]
        constraints = [
            models.CheckConstraint(
                name="only_a_done_heat_map_has_a_file",
                condition=Q(state="done") & ~Q(key="") | ~Q(state="done") & Q(key=""),
            ),
            models.CheckConstraint(
                name="checked_heat_map_has_figures",
                condition=~Q(state__in=["done", "unreliable"])
                | Q(before__isnull=False, after__isnull=False, outside__isnull=False),
            ),
            models.CheckConstraint(
                name="heat_map_lease_while_running",
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="heat_map_not_shown_has_reason",
                condition=~Q(state__in=["unreliable", "failed"]) | ~Q(failure_code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis_id} {self.state}"

    @property
    def picture_key(self) -> str:
        """Where the picture with the map on it lies, for a browser without scripts."""
        return self.key.removesuffix(".png") + ".jpg" if self.key else ""
