"""Which workers are alive."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerPulse(models.Model):
    """The last sign of life of one process."""

    name = models.CharField(_("worker"), max_length=120, primary_key=True)
    kind = models.CharField(_("kind"), max_length=12)  # "read", "infer" or "sweep"
    at = models.DateTimeField(_("last sign of life"))
    facts: models.JSONField = models.JSONField(_("facts"), default=dict)  # device, models loaded, problem code

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name
