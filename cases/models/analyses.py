"""The model's side: versions, which one runs, and what it said. An analysis row is never edited once done.

A version can run in the shadow: asked beside the others, its answers for administrators alone. `Analysis.objects`, and
with it every related manager, leaves these out; only what works on them or compares them says `Analysis.everything`.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.patients import BAND_NAMES
from cases.selects import Select


class ModelVersion(models.Model):
    """One bundle, known by the sha256 over its checksums."""

    name = models.CharField(_("model"), max_length=64)
    version = models.CharField(_("version"), max_length=32)
    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    directory = models.CharField(_("directory"), max_length=500)
    classes = models.JSONField(_("classes"))
    positive = models.CharField(_("positive class"), max_length=64)
    thresholds = models.JSONField(_("operating points the bundle proposes"))
    calibrated = models.BooleanField(_("calibrated"), default=False)
    scope = models.JSONField(_("scope"), default=dict)
    metrics = models.JSONField(_("metrics"), default=dict)
    preprocessing = models.JSONField(_("preprocessing"), default=dict)
    card = models.TextField(_("model card"))
    active = models.BooleanField(_("active"), default=False)
    shadow_share = models.FloatField(_("share of the cases in the shadow"), default=0.0, db_default=0.0)
    registered_at = models.DateTimeField(_("registered"), default=timezone.now)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["name", "-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_row_per_model_version"),
            models.UniqueConstraint(fields=["name"], condition=Q(active=True), name="one_active_version_per_model"),
            models.CheckConstraint(
                name="shadow_share_is_a_share", condition=Q(shadow_share__gte=0.0, shadow_share__lte=1.0)
            ),
            models.CheckConstraint(name="active_or_in_the_shadow", condition=Q(active=False) | Q(shadow_share=0.0)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def running_thresholds(self) -> dict[str, float]:
        """The two operating points in force: those of the newest activation, else what the bundle proposes."""
        newest = _NEWEST_THRESHOLDS.first(self.pk)
        chosen: dict[str, float] = newest[0] if newest else self.thresholds
        return chosen


class Activation(models.Model):
    """Who made a version the one that runs, when, why and with which operating points."""

    model_version = models.ForeignKey(
        ModelVersion, verbose_name=_("model version"), on_delete=models.PROTECT, related_name="activations"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=500)
    thresholds = models.JSONField(_("operating points"))
    replaced = models.ForeignKey(
        ModelVersion, verbose_name=_("ran before"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    old_thresholds = models.JSONField(_("operating points before"), default=dict, blank=True, db_default={})

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.model_version} {self.at:%Y-%m-%d %H:%M}"


_NEWEST_THRESHOLDS = Select(
    lambda version: Activation.objects.filter(model_version=version).order_by("-pk").values_list("thresholds")[:1]
)


class ShownAnalyses(models.Manager["Analysis"]):
    """What readers may see: all but the answers of the shadow."""

    def get_queryset(self) -> models.QuerySet[Analysis]:
        """Without the shadow."""
        return super().get_queryset().filter(shadow=False)


class Analysis(models.Model):
    """One model version's answer about one radiograph, with the work that leads there.

    `shadow` is decided when the row is opened and stays, whatever becomes of its version.
    """

    STATES = [
        ("waiting", _("waiting")),
        ("running", _("running")),
        ("done", _("done")),
        ("not_scored", _("not scored")),
        ("failed", _("failed")),
        ("cancelled", _("cancelled")),
    ]

    radiograph = models.ForeignKey(
        "Radiograph", verbose_name=_("radiograph"), on_delete=models.PROTECT, related_name="analyses"
    )
    model_version = models.ForeignKey(
        ModelVersion, verbose_name=_("model version"), on_delete=models.PROTECT, related_name="analyses"
    )
    run = models.PositiveSmallIntegerField(_("run"), default=1)
    shadow = models.BooleanField(_("in the shadow"), default=False, db_default=False)
    state = models.CharField(_("state"), max_length=10, choices=STATES, default="waiting")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    strikes = models.PositiveSmallIntegerField(_("attempts that this input ended"), default=0)
    worker = models.CharField(_("worker"), max_length=140, blank=True)
    lease_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    rung_at = models.DateTimeField(_("last rung"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    failure_code = models.CharField(_("reason"), max_length=64, blank=True)
    probabilities = models.JSONField(_("probabilities"), default=dict, blank=True)
    positive_probability = models.FloatField(_("probability"), null=True, blank=True)
    band = models.CharField(_("band"), max_length=10, blank=True, choices=list(BAND_NAMES.items()))
    thresholds = models.JSONField(_("operating points"), default=dict, blank=True)
    seconds = models.JSONField(_("seconds"), default=dict, blank=True)

    objects = ShownAnalyses()
    everything = models.Manager()

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "lease_until"], name="analysis_work")]
        constraints = [
            models.UniqueConstraint(
                fields=["radiograph", "model_version", "run", "shadow"], name="one_analysis_per_run"
            ),
            models.CheckConstraint(
                name="done_analysis_has_probability",
                condition=Q(
                    state="done",
                    positive_probability__isnull=False,
                    positive_probability__gte=0,
                    positive_probability__lte=1,
                    band__in=["likely", "uncertain", "unlikely"],
                    finished_at__isnull=False,
                )
                | ~Q(state="done") & Q(positive_probability__isnull=True, band=""),
            ),
            models.CheckConstraint(
                name="analysis_lease_while_running",
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="failed_analysis_has_reason", condition=~Q(state="failed") | ~Q(failure_code="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.radiograph_id} {self.model_version_id} #{self.run}"
