"""Users with one role each, and the site with its policies."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.selects import Fields, Select


class User(AbstractUser):
    """A member of staff. No role: may log in and sees nothing."""

    ROLES = [
        ("radiographer", _("Radiographer")),
        ("radiologist", _("Radiologist")),
        ("administrator", _("Administrator")),
    ]
    role = models.CharField(_("role"), max_length=16, choices=ROLES, blank=True, default="")
    worklist_columns = models.JSONField(_("columns of the worklist"), default=list, blank=True, db_default=[])
    workstation = models.JSONField(_("keys and mouse of the workstation"), default=dict, blank=True, db_default={})

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    @property
    def full_name(self) -> str:
        """The name that stands on a report; the user name where no other is known."""
        return self.get_full_name() or self.username


BLIND_NAMES = [("off", _("never")), ("always", _("always")), ("share", _("a random share"))]


class Site(models.Model):
    """The department and its policies; one row."""

    name = models.CharField(_("name"), max_length=100, default="Radiology")
    primary_model = models.CharField(_("model that orders the queue"), max_length=64, default="pneumonia")
    lease_minutes = models.PositiveSmallIntegerField(
        _("minutes a claimed case is kept without a sign of life"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
    )
    signing_minutes = models.PositiveSmallIntegerField(
        _("minutes a signing session lasts"), default=10, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    blind_first = models.CharField(
        _("read before the model is shown"),
        max_length=8,
        choices=BLIND_NAMES,
        default="off",
        db_default="off",
        help_text=_("Drawn when a case arrives: a change counts for the cases that arrive from then on."),
    )
    blind_percent = models.PositiveSmallIntegerField(
        _("the random share, in percent"),
        default=20,
        db_default=20,
        validators=[MaxValueValidator(100)],
        help_text=_("Of the cases that arrive, where a random share is read before the model is shown."),
    )
    second_reading = models.BooleanField(
        _("second reading"),
        default=False,
        db_default=False,
        help_text=_("Where reader and model disagree, and for the share below, another reader reads the case anew."),
    )
    second_percent = models.PositiveSmallIntegerField(
        _("normals that are read anew, in percent"),
        default=5,
        db_default=5,
        validators=[MaxValueValidator(100)],
        help_text=_("Drawn among the cases signed as normal that the model does not call likely."),
    )
    heat_maps_ahead = models.BooleanField(
        _("heat maps before anybody asks"),
        default=False,
        db_default=False,
        help_text=_("For every picture that is scored from now on, when nothing else waits; else at the first look."),
    )

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Site:
        """The one row, made at first use."""
        values = _ONLY_SITE.first()
        return _SITE.row(values) if values else cls.objects.get_or_create(pk=1)[0]


_SITE = Fields(Site)
_ONLY_SITE = Select(lambda: Site.objects.filter(pk=1).values_list(*_SITE.columns))
