"""What a network saw in a picture, kept beside its answer, so that cases that look alike to it are found."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.events import AppendOnlyQuerySet, NeverChanged


class DeletableQuerySet(AppendOnlyQuerySet):
    """Rows that are never changed, and go with what they were made of."""

    def delete(self) -> Any:
        """As Django's."""
        return models.QuerySet.delete(self)

    def _raw_delete(self, using: Any) -> int:
        return int(models.QuerySet._raw_delete(self, using))


class Embedding(NeverChanged, models.Model):
    """One finished analysis' embedding, written with its answer and never changed; it goes when the analysis goes.

    Attributes:
        vector: int8, at most 128 of them, whose direction alone counts (inference/embedding.py).
        model_version: the analysis' own: only embeddings of one version can be compared.
    """

    analysis = models.OneToOneField(
        "Analysis", verbose_name=_("analysis"), on_delete=models.CASCADE, related_name="embedding"
    )
    model_version = models.ForeignKey(
        "ModelVersion", verbose_name=_("model version"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    vector = models.BinaryField(_("what the network saw"), max_length=128)

    objects = models.Manager.from_queryset(DeletableQuerySet)()

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")
        ordering = ["pk"]
        base_manager_name = "objects"
        indexes = [models.Index(fields=["model_version", "id"], name="embedding_of_version")]

    def __str__(self) -> str:
        return f"{self.analysis_id} {len(self.vector)}"

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's."""
        return models.Model.delete(self, *args, **kwargs)
