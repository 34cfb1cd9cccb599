"""Corrections by people: who the picture is of, what is asked, how urgent it is."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cases import analysis, events, rules
from cases.intake.details import UploadDetails
from cases.intake.patients import check_same_person, kept_number
from cases.intake.services.move import rerun
from cases.models import Case, Patient, User

STOPPED_OVER_PATIENT = ("patient_mismatch", "same_picture_other_patient")
PATIENT_FIELDS = ("patient_id", "name", "birth_date", "sex")


def correct_patient(*, case: Case, by: User, details: UploadDetails) -> Case:
    """Correct who the picture is of, until the case is read; a picture that stopped over it is read again.

    An empty name, date of birth or sex leaves what is known of the patient with this number.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `patient_id_missing`, or `other_person` when the number belongs to
            somebody else with another name, date of birth or sex.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
        _check_may_correct(case, by)
        if not details.patient_id.strip():
            raise rules.RuleBroken("patient_id_missing")
        before = _facts(case)
        case.patient = _corrected_patient(case, details)
        case.clinical_question = details.clinical_question[:2000]
        case.priority = details.priority
        case.priority_rank = rules.PRIORITY_RANK[rules.Priority(details.priority)]
        case.save(update_fields=["patient", "clinical_question", "priority", "priority_rank"])
        for other in case.patient.cases.filter(state__in=rules.BEFORE_READING):
            analysis.judge_age(other)
        _record_correction(case, by, before)
        stopped = case.radiographs.filter(failure_code__in=STOPPED_OVER_PATIENT)
        return rerun(case=case, by=by) if stopped.update(duplicate_confirmed=True) else case


def _check_may_correct(case: Case, by: User) -> None:
    if by.role not in (rules.Role.RADIOGRAPHER, rules.Role.ADMINISTRATOR):
        raise rules.RuleBroken("not_your_role", move="correct")
    if case.state not in rules.BEFORE_READING:
        raise rules.RuleBroken("wrong_state", move="correct", state=case.state)


def _corrected_patient(case: Case, details: UploadDetails) -> Patient:
    number = kept_number(details.patient_id)
    if case.patient is None or case.patient.patient_id != number:
        # Another number means another person: that record is taken as it is, never overwritten from here.
        check_same_person(details)
    patient, _ = Patient.objects.get_or_create(patient_id=number)
    patient.name = details.patient_name.strip()[:200] or patient.name
    patient.birth_date = details.birth_date or patient.birth_date
    patient.sex = details.sex or patient.sex
    patient.save()
    return patient


def _facts(case: Case) -> dict[str, Any]:
    facts = {name: getattr(case.patient, name, None) for name in PATIENT_FIELDS}
    return {**facts, "clinical_question": case.clinical_question, "priority": case.priority}


def _record_correction(case: Case, by: User, before: dict[str, Any]) -> None:
    """Which fields changed, never what stands in them; the patient's number as a keyed hash."""
    after = _facts(case)
    events.record(
        "patient_corrected",
        by=by,
        case=case,
        fields=[name for name in after if after[name] != before[name]],
        old=events.keyed_hash(before["patient_id"] or ""),
        new=events.keyed_hash(after["patient_id"]),
    )
