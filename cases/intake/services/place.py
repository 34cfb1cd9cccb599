"""After the reader worker has seen header and pixels: whose picture it is, and which case it belongs to."""

from __future__ import annotations

from cases import analysis, events, rules
from cases.intake.patients import details_from_tags, dicom_date, patient_for
from cases.models import Case, Patient, Radiograph, Upload
from cases.selects import Select


def place_in_study(radiograph: Radiograph) -> bool:
    """Give the case its patient and study from the header; join it to the study or the case that has the picture.

    Called in the transaction that records the reading. False: the radiograph is not to be scored here.
    """
    case = radiograph.case
    header = details_from_tags(radiograph.tags)
    if header.patient_id and case.patient and case.patient.patient_id != header.patient_id:
        if not radiograph.duplicate_confirmed:
            return _stop(radiograph, "patient_mismatch")
    elif header.patient_id:
        case.patient = patient_for(header)
    _note_study(case, radiograph.tags)
    twin = _same_pixels(radiograph)
    if twin is None:
        return _join_study(radiograph)
    if _takes_over(twin, case.patient):
        return _give_way(radiograph, twin)
    return _stop(radiograph, "same_picture_other_patient")


def _note_study(case: Case, tags: dict[str, str]) -> None:
    case.study_date = case.study_date or dicom_date(tags.get("StudyDate", ""))
    case.study_description = case.study_description or tags.get("StudyDescription", "")[:200]
    if tags:  # no DICOM: nothing can have changed
        case.save(update_fields=["patient", "study_date", "study_description"])


def _stop(radiograph: Radiograph, code: str) -> bool:
    Radiograph.objects.filter(pk=radiograph.pk).update(state="failed", failure_code=code)
    radiograph.refresh_from_db()
    analysis.settle(radiograph.case)
    return False


_WITH_PIXELS = Select(
    lambda digest, case: Radiograph.objects.filter(pixel_sha256=digest, case__lt=case).values_list("pk")[:1]
)


def _same_pixels(radiograph: Radiograph) -> Case | None:
    if radiograph.duplicate_confirmed or radiograph.uploaded_by_id is None:
        return None
    if not _WITH_PIXELS(radiograph.pixel_sha256, radiograph.case_id):
        return None
    others = Case.objects.visible_to(radiograph.uploaded_by).exclude(pk=radiograph.case_id)
    others = others.exclude(state__in=rules.WITHDRAWN).filter(pk__lt=radiograph.case_id)
    return others.filter(radiographs__pixel_sha256=radiograph.pixel_sha256).order_by("pk").first()


def _takes_over(twin: Case, patient: Patient | None) -> bool:
    """Whether the older case can stand for both without anybody's patient being lost."""
    if patient is None or twin.patient_id == patient.pk:
        return True
    return twin.patient is None and twin.state in rules.BEFORE_READING


def _same_patient(one: Patient | None, other: Patient | None) -> bool:
    return one is None or other is None or one.pk == other.pk


def _give_way(radiograph: Radiograph, twin: Case) -> bool:
    case = radiograph.case
    rules.check_move("join", case.state, rules.Role.SYSTEM)
    Case.objects.filter(pk=case.pk).update(state=rules.State.CANCELLED, joined_to=twin, failure_code="same_picture")
    Upload.objects.filter(radiograph=radiograph).update(state="duplicate", reason_code="same_picture", case=twin)
    events.record("joined_other_case", by=None, case=case, other=twin.pk, reason="same_picture")
    if twin.patient is None and case.patient is not None:
        Case.objects.filter(pk=twin.pk).update(patient=case.patient)
        twin.patient = case.patient
        analysis.judge_age(twin)
        events.record("patient_found", by=None, case=twin, patient=events.keyed_hash(case.patient.patient_id))
    return False


def _join_study(radiograph: Radiograph) -> bool:
    case, uid = radiograph.case, radiograph.tags.get("StudyInstanceUID", "")[:64]
    if not uid or case.study_instance_uid == uid:
        return True
    home = Case.objects.select_for_update().filter(study_instance_uid=uid).exclude(pk=case.pk).first()
    if home is None:
        case.study_instance_uid = uid
        case.save(update_fields=["study_instance_uid"])
        return True
    if home.state not in rules.BEFORE_READING or not _same_patient(home.patient, case.patient):
        # A study that is being read, or was, takes no more pictures: this one stays a case of its own.
        events.record("study_closed", by=None, case=case, study_case=home.pk)
        return True
    _move_to(radiograph, home)
    return True


def _move_to(radiograph: Radiograph, home: Case) -> None:
    left = radiograph.case
    Radiograph.objects.filter(pk=radiograph.pk).update(case=home)
    Upload.objects.filter(radiograph=radiograph).update(case=home)
    Case.objects.filter(pk=left.pk).update(state=rules.State.CANCELLED, joined_to=home)
    events.record("joined_other_case", by=None, case=left, other=home.pk, reason="same_study")
    events.record("picture_joined", by=None, case=home, radiograph=radiograph.pk, left=left.pk)
    if home.state in rules.READABLE:
        Case.objects.filter(pk=home.pk).update(state=rules.State.CHECKING)
    radiograph.case = home
    home.refresh_from_db()
