"""Texts that readers put into their comments: the site's templates, and each reader's own phrases."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.readings import VERDICT_NAMES


class Phrase(models.Model):
    """One text under a short name. Without an owner it is a template of the site, for every reader."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("whose"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="phrases",
    )
    name = models.CharField(_("short name"), max_length=60)
    text = models.TextField(_("text"), max_length=2000)
    verdict = models.CharField(
        _("only with this verdict"), max_length=16, blank=True, choices=list(VERDICT_NAMES.items())
    )
    language = models.CharField(
        _("language"), max_length=2, blank=True, default="", db_default="", choices=settings.LANGUAGES
    )
    place = models.PositiveSmallIntegerField(_("place in the list"), default=0)
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        ordering = ["place", "pk"]

    def __str__(self) -> str:
        return self.name
