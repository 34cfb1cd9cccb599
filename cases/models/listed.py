"""What lists of cases sort and filter by, copied from other tables into the case's row: one index then answers all.

`Case.save()` and `Patient.save()` keep the copies true; where rows are changed by `update()`, `copy_again` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import rules
from inference.age import age_in_years

if TYPE_CHECKING:
    from cases.models.patients import Case

# What can be seen at a glance, as bits of `flags`.
QUESTION, NOTES, SEVERAL, PHANTOM = 1, 2, 4, 8
# A field that changes: the copies that follow from it.
FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "patient": ("patient_order", "sex", "age_months"),
    "study_date": ("age_months",),
    "received_at": ("age_months",),
    "claimed_by": ("reader_name",),
    "state": ("reader_name", "verdict", "kept_back"),
    "read_blind": ("kept_back",),
    "top_analysis": ("model_version",),
    "clinical_question": ("flags",),
    "kind": ("flags",),
}
COPIES = tuple(dict.fromkeys(name for names in FOLLOWS.values() for name in names))
Picture = tuple[dict[str, str], list[str]]
"""Header and notes of one radiograph, as copies are made from them."""


class Listed(models.Model):
    """The copies.

    `patient_order` is name and number of the patient, "" without one. `age_months` is the age at the study.
    `reader_name` is the user who has the case in hand, else who signed last; `verdict` what was signed last.
    `kept_back` says what cases/blind keeps from readers: the model until the "first" opinion; model and reading until
    the "second"; who they were from the "third".
    """

    patient_order = models.CharField(_("patient"), max_length=100, default="", db_default="", editable=False)
    sex = models.CharField(_("sex"), max_length=1, default="", db_default="", editable=False)
    age_months = models.PositiveSmallIntegerField(_("age in months"), null=True, editable=False)
    reader_name = models.CharField(_("reader"), max_length=150, default="", db_default="", editable=False)
    verdict = models.CharField(_("verdict"), max_length=16, default="", db_default="", editable=False)
    model_version = models.ForeignKey(
        "cases.ModelVersion",
        verbose_name=_("model version"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    kept_back = models.CharField(_("kept back until"), max_length=6, default="", db_default="", editable=False)
    flags = models.PositiveSmallIntegerField(_("notes"), default=0, db_default=0, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, with the copies that follow from what is saved."""
        saved = kwargs.get("update_fields")
        names = COPIES if saved is None else following(saved)
        with_copies(self, names)
        if saved is not None:
            kwargs["update_fields"] = {*saved, *names}
        super().save(*args, **kwargs)


def with_copies(case: Any, names: Iterable[str] = COPIES) -> Any:
    """The same case, these copies set as its fields are now; nothing is written."""
    for name, value in copies_of(case, names).items():
        setattr(case, name, value)
    return case


def copy_again(case: Any) -> None:
    """Write all copies of a case anew, as its rows in the database are now."""
    sources = type(case).objects.select_related("patient", "claimed_by", "top_analysis__model_version")
    fresh = sources.get(pk=case.pk)
    type(case).objects.filter(pk=case.pk).update(**copies_of(fresh, COPIES))


def copies_of(case: Any, names: Iterable[str], pictures: Sequence[Picture] | None = None) -> dict[str, Any]:
    """The values of these copies.

    Args:
        pictures: header and notes of each, where they are known already.
    """
    found = {name: _VALUES[name](case) for name in names if name in _VALUES}
    if of_pictures := [name for name in names if name in _OF_PICTURES]:
        seen = _pictures(case) if pictures is None else pictures
        found |= {name: _OF_PICTURES[name](case, seen) for name in of_pictures}
    return found


def following(changed: Iterable[str]) -> list[str]:
    """The copies that follow from these fields."""
    return list(dict.fromkeys(copy for name in changed for copy in FOLLOWS.get(name, ())))


def _patient_order(case: Case) -> str:
    patient = case.patient
    return f"{patient.name} {patient.patient_id}".strip()[:100] if patient else ""


def _sex(case: Case) -> str:
    return case.patient.sex if case.patient else ""


def _age_months(case: Case, pictures: Sequence[Picture]) -> int | None:
    born = case.patient.birth_date if case.patient else None
    if born is not None:
        return whole_months(born, case.study_date or timezone.localdate(case.received_at))
    stated = (age_in_years(tags) for tags, _ in pictures)
    years = next((age for age in stated if age is not None), None)
    return None if years is None else round(years * 12)


def whole_months(born: date, on: date) -> int | None:
    """Completed months from birth to a day; None where the day is before the birth."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    return months if months >= 0 else None


def _reader_name(case: Case) -> str:
    if case.claimed_by is not None:
        return case.claimed_by.username
    return _last_signature(case)[0]


def _verdict(case: Case) -> str:
    return _last_signature(case)[1]


def _last_signature(case: Case) -> tuple[str, str]:
    if case.state not in rules.FINAL or case.pk is None:
        return "", ""
    newest = case.reports.order_by("-version").values_list("signed_by__username", "reading__verdict").first()
    return newest or ("", "")


def _model_version(case: Case) -> Any:
    return case.top_analysis.model_version if case.top_analysis else None


def _kept_back(case: Case) -> str:
    if case.state in rules.FINAL:
        second_reading: Any = apps.get_model("cases", "SecondReading")
        row = second_reading.objects.filter(case_id=case.pk, state__in=second_reading.WAITING).first()
        return str(row.state) if row else ""
    return "first" if case.read_blind else ""


def _flags(case: Case, pictures: Sequence[Picture]) -> int:
    told = {
        QUESTION: case.clinical_question,
        NOTES: any(notes for _, notes in pictures),
        SEVERAL: len(pictures) > 1,
        PHANTOM: case.kind == "phantom",
    }
    return sum(bit for bit, holds in told.items() if holds)


def _pictures(case: Case) -> list[Picture]:
    return list(case.radiographs.values_list("tags", "notes")) if case.pk else []


_VALUES: dict[str, Any] = {
    "patient_order": _patient_order,
    "sex": _sex,
    "reader_name": _reader_name,
    "verdict": _verdict,
    "model_version": _model_version,
    "kept_back": _kept_back,
}
_OF_PICTURES: dict[str, Any] = {"age_months": _age_months, "flags": _flags}
