"""The append-only record of who did what: one hash chain per stream, its head in a table of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeRefused(Exception):
    """Somebody tried to change or delete what is only ever added to."""


class NeverChanged(models.Model):
    """Rows that are added once: save() of an existing row and delete() raise ChangeRefused."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ChangeRefused(f"{self._meta.label} rows are never changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise ChangeRefused(f"{self._meta.label} rows are never deleted")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A queryset without a way to change or delete.

    `_update` and `_raw_delete` are what Django itself calls: fixtures and `save_base` by the base manager, the
    deletion of related rows. A model that uses this names it as its `base_manager_name`, too.
    """

    def update(self, **kwargs: Any) -> int:
        raise ChangeRefused(f"{self.model._meta.label} rows are never changed")

    def _update(self, values: Any) -> int:
        raise ChangeRefused(f"{self.model._meta.label} rows are never changed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise ChangeRefused(f"{self.model._meta.label} rows are never changed")

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        """As Django's, without `update_conflicts`: that changes the rows that are there."""
        if kwargs.get("update_conflicts") or (len(args) > 2 and args[2]):
            raise ChangeRefused(f"{self.model._meta.label} rows are never changed")
        return super().bulk_create(objs, *args, **kwargs)

    def delete(self) -> Any:
        raise ChangeRefused(f"{self.model._meta.label} rows are never deleted")

    def _raw_delete(self, using: Any) -> int:
        raise ChangeRefused(f"{self.model._meta.label} rows are never deleted")


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class EventHead(models.Model):
    """The newest event of a stream; locked while the next is written."""

    stream = models.CharField(_("stream"), max_length=64, primary_key=True)
    seq = models.PositiveIntegerField(_("number in the stream"), default=0)
    mac = models.CharField(_("seal (HMAC)"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("end of a stream")
        verbose_name_plural = _("ends of the streams")


class Event(NeverChanged, models.Model):
    """Who did what, when. `mac` covers the row and the one before it, with a key that is not in the database."""

    stream = models.CharField(_("stream"), max_length=64)
    seq = models.PositiveIntegerField(_("number in the stream"))
    at = models.DateTimeField(_("time"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(_("what"), max_length=40)
    case = models.ForeignKey("Case", verbose_name=_("case"), null=True, on_delete=models.PROTECT, related_name="events")
    details: Any = models.JSONField(_("details"), default=dict)
    previous_mac = models.CharField(_("seal before it (HMAC)"), max_length=64, blank=True)
    mac = models.CharField(_("seal (HMAC)"), max_length=64)

    objects = AppendOnlyManager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="one_event_per_place")]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq} {self.verb}"
