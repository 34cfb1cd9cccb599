"""Is the patient's age one that the model was made for? Header and department both count."""

from __future__ import annotations

from cases.analysis.overrides import was_overridden
from cases.analysis.versions import running_versions, scope_of
from cases.models import Case, Radiograph
from cases.models.listed import copy_again
from inference.age import age_in_years, age_notes, years_between


def judge_age(case: Case) -> None:
    """Write the notes on age anew for every picture that was read of this case, from header and patient record.

    Called where the patient of a case is found or corrected: the header alone, which the gate saw, may be silent.
    """
    age_years = scope_of(running_versions()).age_years
    for radiograph in case.radiographs.exclude(pixel_sha256=""):
        ages = [age_in_years(radiograph.tags), _age_by_record(case)]
        found = age_notes(ages, age_years)
        notes = [note for note in radiograph.notes if note not in ("age_outside_scope", "age_unknown")]
        notes = [code for code, holds in found.items() if holds] + notes
        if notes != radiograph.notes:
            Radiograph.objects.filter(pk=radiograph.pk).update(notes=notes)
    copy_again(case)


def refuse_by_age(radiograph: Radiograph) -> bool:
    """Whether the patient's record says what the header did not: an age that the model was not made for.

    The picture is not scored then, unless it is a phantom or a reader wants it all the same. After `judge_age`.
    """
    radiograph.refresh_from_db(fields=["notes"])
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
