"""The person's side: readings, and reports that are never changed once signed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.events import AppendOnlyManager, NeverChanged

VERDICT_NAMES = {
    "pneumonia": _("pneumonia"),
    "normal": _("normal"),
    "uncertain": _("uncertain"),
    "not_diagnostic": _("not diagnostic"),
}

# What a reader says of the model's answer, where it was shown: agreement, or why not.
AGREES = "agrees"
ABOUT_MODEL_NAMES = {
    AGREES: _("I agree with the model"),
    "missed": _("It missed a finding"),
    "artefact": _("It took something harmless for pneumonia: device, overlap, artefact"),
    "other_finding": _("It answers to another finding than pneumonia"),
    "old": _("It answers to old changes"),
    "technique": _("The picture is too poor for it"),
    "disagrees": _("I disagree for another reason"),
}


class Reading(models.Model):
    """What one reader says about a case; a saved change is a new row, the newest counts.

    `findings` are lines of codes (cases/findings/lines.py). `about_model` is empty where no
    answer of the model was shown.
    """

    case = models.ForeignKey("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="readings")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("reader"), on_delete=models.PROTECT, related_name="readings"
    )
    verdict = models.CharField(_("verdict"), max_length=16, choices=list(VERDICT_NAMES.items()))
    comment = models.TextField(_("comment"), blank=True, max_length=8000)
    findings: Any = models.JSONField(_("findings"), default=list, blank=True, db_default=[])
    about_model = models.CharField(
        _("about the model's answer"),
        max_length=16,
        blank=True,
        default="",
        db_default="",
        choices=list(ABOUT_MODEL_NAMES.items()),
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    shown_analysis = models.ForeignKey(
        "Analysis",
        verbose_name=_("analysis that was shown"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verdict}"


class Report(NeverChanged, models.Model):
    """A signed version: frozen content and its sha256. An amendment is the next version, with its reason.

    `passport` is everything that led to it, as text whose sha256 the event of the signature holds
    (cases/reports/passport.py); empty in reports signed before there were passports.
    """

    case = models.ForeignKey("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="reports")
    version = models.PositiveSmallIntegerField(_("version"))
    reading = models.OneToOneField(Reading, verbose_name=_("reading"), on_delete=models.PROTECT, related_name="report")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("signed by"), on_delete=models.PROTECT, related_name="reports"
    )
    signed_at = models.DateTimeField(_("signed"), default=timezone.now)
    reason = models.CharField(_("reason of the amendment"), max_length=500, blank=True)
    content: Any = models.JSONField(_("content"))
    content_sha256 = models.CharField(_("SHA-256 of the content"), max_length=64)
    passport = models.TextField(_("passport"), blank=True, default="", db_default="")
    passport_sha256 = models.CharField(
        _("SHA-256 of the passport"), max_length=64, blank=True, default="", db_default=""
    )

    objects = AppendOnlyManager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["case", "version"]
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="one_report_per_version"),
            models.CheckConstraint(
                name="amendment_has_reason", condition=Q(version=1, reason="") | Q(version__gt=1) & ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} v{self.version}"
