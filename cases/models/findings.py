"""The words that a finding is made of: what it is, on which side, in which zone. Administrators edit the list."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

KINDS = {"pattern": _("what was found"), "side": _("side"), "zone": _("zone")}


class FindingTerm(models.Model):
    """One word of the list, in both languages. It can be retired, never deleted: readings name it by its code."""

    kind = models.CharField(_("kind"), max_length=8, choices=list(KINDS.items()))
    code = models.SlugField(_("code"), max_length=32)
    name_en = models.CharField(_("name in English"), max_length=80)
    name_ko = models.CharField(_("name in Korean"), max_length=80)
    place = models.PositiveSmallIntegerField(_("place in the list"), default=0)
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("word for findings")
        verbose_name_plural = _("words for findings")
        ordering = ["kind", "place", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="one_finding_term_per_code")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the language of the page."""
        return self.name_ko if (get_language() or "en").startswith("ko") else self.name_en
