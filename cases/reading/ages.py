"""How old a patient was when the picture was taken."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from cases.models import Case
from cases.models.listed import whole_months
from inference.age import age_in_years

MONTHS_ARE_SAID_BELOW = 24


def age_words(case: Case) -> str:
    """The age at the study in words ("34 years", "18 months"); where nothing tells it, that it is not known.

    Without a study date the day of arrival counts; without a date of birth the age in the DICOM header.
    """
    born = case.patient.birth_date if case.patient else None
    if born is not None:
        return in_words(whole_months(born, case.study_date or timezone.localdate(case.received_at)))
    stated = [age_in_years(tags) for tags in case.radiographs.values_list("tags", flat=True)]
    years = next((age for age in stated if age is not None), None)
    return in_words(None if years is None else round(years * 12))


def in_words(months: int | None) -> str:
    """Completed months as people say an age; None: that it is not known."""
    if months is None:
        return gettext("age not known")
    if months < MONTHS_ARE_SAID_BELOW:
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    years = months // 12
    return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
