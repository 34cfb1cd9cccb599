"""A signed case that a second reader reads anew, and a third where the two differ."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.readings import VERDICT_NAMES


class SecondReading(models.Model):
    """One draw after the first signature; what the readers said stands in their opinions.

    `state`: it waits for the "second" or the "third" reader, is "done", or was "closed" by an administrator without
    them. `signed_verdict` is what stood signed when the second opinion was compared with it. A claim keeps two from
    reading the same at once; it ends by itself.
    """

    WHYS = [("disagreement", _("model and reader disagree")), ("share", _("random share"))]
    STATES = [
        ("second", _("waits for a second reader")),
        ("third", _("waits for a third reader")),
        ("done", _("done")),
        ("closed", _("closed without a reader")),
    ]
    WAITING = ("second", "third")

    case = models.OneToOneField("Case", verbose_name=_("case"), on_delete=models.PROTECT, related_name="second_reading")
    why = models.CharField(_("why it was drawn"), max_length=12, choices=WHYS)
    state = models.CharField(_("state"), max_length=6, choices=STATES, default="second")
    first_reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("first reader"), on_delete=models.PROTECT, related_name="+"
    )
    second_reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("second reader"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    third_reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("third reader"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_verdict = models.CharField(
        _("verdict it was compared with"), max_length=16, blank=True, choices=list(VERDICT_NAMES.items())
    )
    second_verdict = models.CharField(
        _("verdict of the second reader"), max_length=16, blank=True, choices=list(VERDICT_NAMES.items())
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("in hand of"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    lease_until = models.DateTimeField(_("kept until"), null=True)
    drawn_at = models.DateTimeField(_("drawn"), default=timezone.now)
    done_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("second reading")
        verbose_name_plural = _("second readings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="second_reader_is_another",
                condition=Q(second_reader=None) | ~Q(second_reader=F("first_reader")),
            ),
            models.CheckConstraint(
                name="third_reader_is_another",
                condition=Q(third_reader=None)
                | ~Q(third_reader=F("first_reader")) & ~Q(third_reader=F("second_reader")),
            ),
            models.CheckConstraint(
                name="third_waits_for_a_difference",
                condition=~Q(state="third") | Q(second_reader__isnull=False) & ~Q(second_verdict=F("signed_verdict")),
            ),
        ]

    @property
    def is_in_hand(self) -> bool:
        """Whether somebody's claim on it still lasts."""
        return self.lease_until is not None and self.lease_until > timezone.now()

    def __str__(self) -> str:
        return f"{self.case.number}: {self.get_state_display()}"
