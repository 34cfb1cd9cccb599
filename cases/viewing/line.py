"""What comes next: the pictures are fetched ahead, the case stays where it is."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from cases.models import Radiograph, User
from cases.reading.services import next_in_line


def pictures_ahead(*, by: User, besides: Collection[int]) -> list[str]:
    """Addresses of the pictures of the case that "next" would take now: the first one's, at both depths.

    Nothing is claimed, no event is written, and nothing but these addresses is told.
    """
    case_id = next_in_line(by=by, besides=besides)
    shown = Radiograph.objects.filter(case_id=case_id).exclude(rendition_key="").order_by("pk")
    first = shown.only("pk", "deep_key").first() if case_id else None
    if first is None:
        return []
    names = ["picture", "deep_picture"] if first.deep_key else ["picture"]
    return [reverse(name, args=[first.pk]) for name in names]
