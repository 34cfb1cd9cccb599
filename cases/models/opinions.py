"""What a reader thought before something was shown: of a case that is read blind, or as its second or third reader."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models.events import AppendOnlyManager, NeverChanged
from cases.models.readings import VERDICT_NAMES

CONFIDENCE_NAMES = {
    "high": pgettext_lazy("confidence", "high"),
    "medium": pgettext_lazy("confidence", "medium"),
    "low": pgettext_lazy("confidence", "low"),
}


class Opinion(NeverChanged, models.Model):
    """One opinion, never changed.

    `kind` says what had been kept back: "blind": the model, before the reader's own signature; "second": the model and
    the signed reading; "third": who the two were that it decides between.
    `analysis` is the answer of the model that the worklist would have shown at that moment.
    """

    KINDS = [("blind", _("before the model was shown")), ("second", _("second reading")), ("third", _("third reading"))]

    case = models.ForeignKey("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="opinions")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("reader"), on_delete=models.PROTECT, related_name="opinions"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=KINDS)
    verdict = models.CharField(_("verdict"), max_length=16, choices=list(VERDICT_NAMES.items()))
    confidence = models.CharField(_("confidence"), max_length=8, blank=True, choices=list(CONFIDENCE_NAMES.items()))
    comment = models.TextField(_("comment"), blank=True, max_length=8000)
    at = models.DateTimeField(_("time"), default=timezone.now)
    analysis = models.ForeignKey(
        "Analysis",
        verbose_name=_("answer of the model at that time"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    objects = AppendOnlyManager()

    class Meta:
        verbose_name = _("opinion")
        verbose_name_plural = _("opinions")
        ordering = ["-pk"]
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["case", "reader", "kind"], name="one_opinion_per_reader"),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(kind__in=["second", "third"]), name="one_second_and_one_third"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.verdict}"
