"""A picture of the same patient beside the one that is read."""

from __future__ import annotations

from django.http import Http404

from cases import rules
from cases.models import Case, Radiograph, User
from cases.reading.services import note_opening


def open_prior(*, case: Case, other_id: int, by: User) -> Case:
    """Another case of the same patient, opened by this person, which is an event of that case.

    Raises:
        Http404: it is of another patient, withdrawn, out of sight, or not there: all the same from here.
    """
    others = Case.objects.visible_to(by).exclude(pk=case.pk).exclude(state__in=rules.WITHDRAWN)
    other = others.filter(pk=other_id, patient_id=case.patient_id, patient__isnull=False).first()
    if other is None:
        raise Http404
    note_opening(case=other, by=by)
    return other


def picture_beside(prior: Case, case: Case) -> Radiograph | None:
    """The prior's first picture of the view that the case's first picture has; else its first; None without any."""
    shown = list(prior.radiographs.exclude(rendition_key="").order_by("pk"))
    view = case.radiographs.exclude(rendition_key="").order_by("pk").values_list("view_position", flat=True).first()
    return next((row for row in shown if row.view_position == view), shown[0] if shown else None)
