"""Is the patient's age one that the model was made for? Header and department both count."""

from __future__ import annotations

from cases.analysis.overrides import was_overridden
from cases.analysis.versions import running_versions, scope_of
from cases.models import Case, Radiograph
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
    note_ages(case, scope_of(running_versions()))
    copy_again(case)


def note_ages(case: Case, scope: Scope) -> dict[int, list[str]]:
    """The same against this scope, without the copies that lists show; the notes of each picture by its id."""
    by_record, notes = _age_by_record(case), {}
    for pk, tags, old in _READ(case.pk):
        found = age_notes([age_in_years(tags), by_record], scope.age_years)
        kept = [note for note in old if note not in ("age_outside_scope", "age_unknown")]
        notes[pk] = [code for code, holds in found.items() if holds] + kept
        if notes[pk] != old:
            Radiograph.objects.filter(pk=pk).update(notes=notes[pk])
    return notes


def refuse_by_age(radiograph: Radiograph) -> bool:
    """Whether the patient's record says what the header did not: an age that the model was not made for.

    The picture is not scored then, unless it is a phantom or a reader wants it all the same. After `note_ages`.
    """
    if "age_outside_scope" not in radiograph.notes:
        return False
    if radiograph.case.kind == "phantom" or was_overridden(radiograph):
        return False
    radiograph.refusals = [*radiograph.refusals, "age_outside_scope"]
    radiograph.state = "not_scored"
    radiograph.save(update_fields=["refusals", "state"])
    return True


def _age_by_record(case: Case) -> float | None:
    born = case.patient.birth_date if case.patient else None
    return years_between(born, case.study_date or case.received_at.date())
