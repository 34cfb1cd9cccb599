"""Patient and case: who, and where the case stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import rules
from cases.models.listed import Listed, copies_of

STATE_NAMES = {
    "received": _("received"),
    "checking": _("checking"),
    "queued": _("queued"),
    "scoring": _("scoring"),
    "ready": _("ready"),
    "claimed": _("claimed"),
    "read": _("read, not signed"),
    "signed": _("signed"),
    "amended": _("amended"),
    "failed": _("failed"),
    "not_scored": _("not scored"),
    "rejected": _("withdrawn"),
    "cancelled": _("cancelled"),
}
PRIORITY_NAMES = {"urgent": _("urgent"), "normal": pgettext_lazy("priority", "normal"), "low": _("low")}
BAND_NAMES = {"likely": _("likely"), "uncertain": _("uncertain"), "unlikely": _("unlikely")}


class Patient(models.Model):
    """A person, known by the department's number."""

    patient_id = models.CharField(_("patient number"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=1, blank=True, choices=[("F", _("F")), ("M", _("M")), ("O", _("O"))])

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")

    def __str__(self) -> str:
        return self.name or self.patient_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's; the patient's cases keep their copies."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if not is_new:
            for case in Case.objects.filter(patient=self):
                case.patient = self
                Case.objects.filter(pk=case.pk).update(**copies_of(case, ("patient_order", "sex", "age_months")))


class CaseQuerySet(models.QuerySet["Case"]):
    """Who sees what is decided here and nowhere else."""

    def visible_to(self, user: Any) -> CaseQuerySet:
        """A radiographer sees own and today's cases, a radiologist and an administrator all, anybody else none."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if user.role in rules.SEE_ALL_CASES:
            return self.all()
        if user.role == rules.Role.RADIOGRAPHER:
            return self.filter(Q(opened_by=user) | Q(received_at__gte=start_of_today()))
        return self.none()

    def in_queue(self) -> CaseQuerySet:
        """Cases that wait for a reader, or are on their way to one."""
        return self.filter(state__in=[*rules.BEFORE_READING, *rules.IN_HAND])

    def claimable(self) -> CaseQuerySet:
        """Ready, not scored, or failed with a picture to look at: the first two always have one."""
        pictures = apps.get_model("cases", "Radiograph").objects.filter(case=models.OuterRef("pk"))
        # Said twice that the case failed: PostgreSQL would look through all pictures there are, once per question.
        to_look_at = models.Exists(pictures.filter(case__state=rules.State.FAILED, rendition_key__gt=""))
        return self.filter(~Q(state=rules.State.FAILED) | Q(to_look_at), state__in=rules.READABLE)

    def in_reading_order(self, *, by_model: bool = True, kept: Q | None = None) -> CaseQuerySet:
        """The order of rules.reading_place, then waiting time; without the model's band while no model answers.

        Args:
            kept: cases whose band is kept from who asks (cases/blind): they stand with those that have no result.
        """
        band: Any = models.F("band_rank")
        if kept is not None:
            unknown = models.Value(rules.BAND_RANK[""])
            default = models.F("band_rank")
            band = models.Case(models.When(kept, then=unknown), default=default, output_field=models.IntegerField())
        waits = waits_too_long()
        places: list[Any] = [_first(Q(priority_rank=0)), *([_first(waits)] if waits else []), "priority_rank"]
        if by_model:
            places.append(_first(waits, band) if waits else band)
        return self.order_by(*places, "received_at", "pk")


def waits_too_long() -> Q | None:
    """Which of the open cases came before the site's limit of waiting, and nobody has in hand; None: no limit."""
    since = overdue_since()
    return Q(received_at__lte=since, claimed_by=None) if since else None


def overdue_since() -> datetime | None:
    """Who came before this moment has waited too long (LONG_WAIT_MINUTES); None where the site has no limit."""
    minutes = settings.LONG_WAIT_MINUTES
    return timezone.now() - timedelta(minutes=minutes) if minutes else None


def _first(these: Q, others: Any = 1) -> models.Case:
    return models.Case(models.When(these, then=0), default=others, output_field=models.IntegerField())


def start_of_today() -> datetime:
    """Midnight in the site's time zone."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


class Case(Listed):
    """One examination: one DICOM study, or one JPEG or PNG, until a person joins them."""

    KINDS = [("clinical", _("clinical")), ("phantom", _("phantom"))]

    kind = models.CharField(_("kind"), max_length=10, choices=KINDS, default="clinical")
    patient = models.ForeignKey(
        Patient, verbose_name=_("patient"), null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    study_instance_uid = models.CharField(_("study"), max_length=64, null=True, blank=True, unique=True)
    study_date = models.DateField(_("study date"), null=True, blank=True)
    study_description = models.CharField(_("study description"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=list(STATE_NAMES.items()), default="received")
    priority = models.CharField(_("priority"), max_length=8, choices=list(PRIORITY_NAMES.items()), default="normal")
    priority_rank = models.PositiveSmallIntegerField(_("rank of the priority"), default=1, editable=False)
    clinical_question = models.TextField(_("clinical question"), blank=True, max_length=2000)
    received_at = models.DateTimeField(_("arrival"), default=timezone.now, db_index=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="opened_cases",
    )
    joined_to = models.ForeignKey(
        "self", verbose_name=_("joined to"), null=True, blank=True, on_delete=models.PROTECT, related_name="joined"
    )
    failure_code = models.CharField(_("reason"), max_length=64, blank=True)
    read_blind = models.BooleanField(_("read before the model is shown"), default=False, db_default=False)
    # What the queue shows: the highest analysis of the primary model over the case's radiographs.
    top_analysis = models.ForeignKey(
        "Analysis",
        verbose_name=_("analysis that is shown"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    top_probability = models.FloatField(_("probability"), null=True, blank=True)
    band = models.CharField(_("band"), max_length=10, blank=True, choices=list(BAND_NAMES.items()))
    band_rank = models.PositiveSmallIntegerField(_("rank of the band"), default=1, editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reader"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claimed_cases",
    )
    lease_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    version = models.PositiveIntegerField(_("revision"), default=0, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-received_at"]
        indexes = [
            # All that the worklist asks for: whatever filter and sort, this index answers without the table.
            models.Index(
                fields=[
                    *("state", "priority_rank", "band_rank", "received_at", "joined_to", "opened_by", "claimed_by"),
                    *("reader_name", "band", "top_probability", "model_version", "sex", "age_months"),
                    *("verdict", "kept_back", "flags", "patient_order", "id"),
                ],
                name="case_worklist",
            ),
            models.Index(fields=["verdict", "band", "state", "kept_back", "id"], name="case_verdict"),
            models.Index(fields=["model_version", "kind", "top_probability", "verdict"], name="case_meant"),
            models.Index(fields=["kept_back"], condition=~Q(kept_back=""), name="case_kept_back"),
            models.Index(fields=["lease_until"], name="case_lease"),
        ]
        constraints = [
            models.CheckConstraint(
                name="claim_has_reader_and_lease",
                condition=Q(claimed_by__isnull=True, lease_until__isnull=True)
                | Q(claimed_by__isnull=False, lease_until__isnull=False, state__in=["claimed", "read"]),
            ),
            models.CheckConstraint(
                name="in_hand_means_claimed", condition=~Q(state__in=["claimed", "read"]) | Q(claimed_by__isnull=False)
            ),
            models.CheckConstraint(
                name="score_has_analysis",
                condition=Q(top_probability__isnull=True, top_analysis__isnull=True, band="")
                | Q(top_probability__gte=0, top_probability__lte=1, top_analysis__isnull=False) & ~Q(band=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people say; carries nothing about the patient."""
        return f"C-{self.pk:06d}"
