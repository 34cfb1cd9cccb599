"""What came in: the upload as its sender saw it, the radiograph with its files, the trial that becomes no case."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# How a picture is laid before readers: mirrored left to right ("f"), then turned clockwise; "" is as it is stored.
ORIENTATIONS = ("", "0f", "90", "90f", "180", "180f", "270", "270f")


class Radiograph(models.Model):
    """One picture of a case: the original under its sha256, and what the reader worker made of it."""

    STATES = [
        ("waiting", _("waiting")),
        ("reading", _("being read")),
        ("read", _("read")),
        ("not_scored", _("not scored")),
        ("failed", _("failed")),
    ]

    case = models.ForeignKey("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="radiographs")
    original_sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, db_index=True)
    original_name = models.CharField(_("file name"), max_length=255, blank=True)
    original_bytes = models.PositiveBigIntegerField(_("size in bytes"))
    format = models.CharField(_("format"), max_length=5)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("uploaded by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    duplicate_confirmed = models.BooleanField(_("duplicate confirmed"), default=False)

    state = models.CharField(_("state"), max_length=10, choices=STATES, default="waiting")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    strikes = models.PositiveSmallIntegerField(_("attempts that this file ended"), default=0)
    worker = models.CharField(_("worker"), max_length=140, blank=True)
    lease_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    rung_at = models.DateTimeField(_("last rung"), default=timezone.now)
    failure_code = models.CharField(_("reason"), max_length=64, blank=True)
    failure_values = models.JSONField(_("values of the reason"), default=dict, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    read_seconds = models.FloatField(_("seconds of reading"), null=True, blank=True)

    pixel_sha256 = models.CharField(_("SHA-256 of the pixels"), max_length=64, blank=True, db_index=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    bits = models.PositiveSmallIntegerField(_("bits"), null=True, blank=True)
    spacing_mm = models.JSONField(_("pixel spacing in mm"), null=True, blank=True)
    view_position = models.CharField(_("view"), max_length=16, blank=True)
    modality = models.CharField(_("modality"), max_length=16, blank=True)
    tags = models.JSONField(_("DICOM header (allow-listed)"), default=dict, blank=True)
    refusals = models.JSONField(_("why it is not scored"), default=list, blank=True)
    notes = models.JSONField(_("notes on scope"), default=list, blank=True)
    rendition_key = models.CharField(_("file of the picture"), max_length=120, blank=True)
    deep_key = models.CharField(
        _("file of the picture at its full depth"), max_length=120, blank=True, default="", db_default=""
    )
    thumbnail_key = models.CharField(_("file of the thumbnail"), max_length=120, blank=True)
    orientation = models.CharField(_("how it lies"), max_length=4, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("radiograph")
        verbose_name_plural = _("radiographs")
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "lease_until"], name="radiograph_work")]
        constraints = [
            models.CheckConstraint(
                name="radiograph_lease_while_reading",
                condition=Q(state="reading", lease_until__isnull=False)
                | (~Q(state="reading") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="read_radiograph_has_pixels",
                condition=~Q(state__in=["read", "not_scored"]) | ~Q(pixel_sha256="") & ~Q(rendition_key=""),
            ),
            models.CheckConstraint(
                name="failed_radiograph_has_reason", condition=~Q(state="failed") | ~Q(failure_code="")
            ),
            models.CheckConstraint(name="radiograph_orientation", condition=Q(orientation__in=ORIENTATIONS)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"

    @property
    def original_key(self) -> str:
        """Where the uploaded bytes lie."""
        return original_key(self.original_sha256)

    @property
    def rotate(self) -> int:
        """Degrees clockwise that the picture is turned by after it was mirrored: 0, 90, 180 or 270."""
        return int(self.orientation.rstrip("f") or 0)

    @property
    def flip(self) -> bool:
        """Whether it is mirrored left to right, before it is turned."""
        return self.orientation.endswith("f")

    def array_key(self, fingerprint: str) -> str:
        """Where the network's input for one preprocessing lies."""
        return f"arrays/{self.pixel_sha256[:2]}/{self.pixel_sha256}-{fingerprint}.npy"


def original_key(sha256: str) -> str:
    """Where bytes with this digest lie: stored once, never served as they came."""
    return f"originals/{sha256[:2]}/{sha256}"


class Upload(models.Model):
    """One file as its sender sees it under "My uploads": accepted, refused with a reason, or waiting for an answer."""

    STATES = [
        ("accepted", _("accepted")),
        ("refused", _("refused")),
        ("duplicate", _("already there")),
        ("asks", _("needs an answer")),
        ("dismissed", _("dismissed")),
    ]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="uploads"
    )
    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    name = models.CharField(_("file name"), max_length=255)
    bytes = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=STATES)
    reason_code = models.CharField(_("reason"), max_length=64, blank=True)
    reason_values = models.JSONField(_("values of the reason"), default=dict, blank=True)
    details = models.JSONField(
        _("details"), default=dict, blank=True
    )  # what was typed, kept until an "asks" is answered
    case = models.ForeignKey(
        "Case", verbose_name=_("case"), null=True, blank=True, on_delete=models.PROTECT, related_name="uploads"
    )
    radiograph = models.ForeignKey(
        Radiograph,
        verbose_name=_("radiograph"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="uploads",
    )

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                name="refused_upload_has_reason", condition=~Q(state__in=["refused", "asks"]) | ~Q(reason_code="")
            ),
            models.CheckConstraint(
                name="accepted_upload_has_case", condition=~Q(state="accepted") | Q(case__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Trial(models.Model):
    """A picture from the trial page: no case, gone within minutes."""

    STATES = [("waiting", _("waiting")), ("prepared", _("prepared")), ("done", _("done")), ("failed", _("failed"))]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        default="waiting",
        choices=STATES,
    )
    model_version = models.ForeignKey(
        "ModelVersion", verbose_name=_("model version"), on_delete=models.CASCADE, related_name="+"
    )
    result = models.JSONField(_("result"), default=dict)

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")

    def key(self, name: str) -> str:
        """Where a file of this trial lies; all of them go when the trial goes."""
        return f"trials/{self.pk}/{name}"
