"""Is the patient's age one that the models were made for? Header and department both count."""

from __future__ import annotations

from collections.abc import Sequence

from cases.analysis.versions import primary_first, running_versions
from cases.models import Case, ModelVersion, Radiograph
from cases.models.listed import copy_again
from cases.selects import Select
from inference.age import age_in_years, age_notes, years_between
from inference.quality import Scope

_READ = Select(
    lambda case: Radiograph.objects.filter(case=case).exclude(pixel_sha256="").values_list("pk", "tags", "notes")
)


def judge_age(case: Case) -> None:
    """Write the notes on age anew for every picture that was read of this case, from header and patient record.

    Called where the patient of a case is found or corrected: the header alone, which the gate saw, may be silent.
    """
    note_ages(case, running_versions())
    copy_again(case)


def note_ages(case: Case, versions: Sequence[ModelVersion]) -> dict[int, list[str]]:
    """The same against these active versions, without the copies that lists show; the notes of each picture by its id.

    An unknown age is said where any of them asks; that it is outside where the primary model, whose score the notes
    stand beside, was not made for it.
    """
    scopes = [Scope.from_dict(version.scope) for version in primary_first(versions)]
    by_record, notes = age_by_record(case), {}
    for pk, tags, old in _READ(case.pk):
        found = [age_notes([age_in_years(tags), by_record], scope.age_years) for scope in scopes]
        holds = {
            "age_outside_scope": any(each.get("age_outside_scope", False) for each in found[:1]),
            "age_unknown": any(each.get("age_unknown", False) for each in found),
        }
        notes[pk] = [code for code in holds if holds[code]] + [note for note in old if note not in holds]
        if notes[pk] != old:
            Radiograph.objects.filter(pk=pk).update(notes=notes[pk])
    return notes


def age_by_record(case: Case) -> float | None:
    """In years, at the study or on arrival; None where the record has no date of birth."""
    born = case.patient.birth_date if case.patient else None
    return years_between(born, case.study_date or case.received_at.date())
