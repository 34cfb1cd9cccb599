"""The verbs of the intake: receive an upload, place a picture in its study, correct, withdraw, run again."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from cases import analysis, bell, events, rules, storage
from cases.intake.details import UploadDetails
from cases.intake.patients import details_from_tags, dicom_date, patient_for
from cases.models import Case, Patient, Radiograph, Upload, User
from cases.models.intake import original_key
from inference import door
from inference.errors import RadiographError


def receive_upload(
    *,
    content: File[Any],
    name: str,
    by: User,
    details: UploadDetails,
    kind: str = "clinical",
    confirm_duplicate: bool = False,
) -> Upload:
    """Take one file at the door: refused with its reason, known already, asked about, or a new case in the queue.

    The bytes are on the disk before the rows are written; the reader worker is rung after the commit.

    Raises:
        RuleBroken: `not_your_role` when the user may not upload.
        DiskFull: nothing was stored.
    """
    check_may_upload(by)
    size = content.size or 0
    try:
        found = door.look(_head(content), size)
    except RadiographError as error:
        return _refused(by=by, name=name, size=size, error=error)
    storage.check_room(size)
    digest = _sha256(content)
    storage.put_once(original_key(digest), content)
    upload = Upload(by=by, name=name[:255], bytes=size, sha256=digest, details=details.to_json())
    with transaction.atomic():
        known = None if confirm_duplicate else _same_bytes(digest, by)
        if known is not None:
            return _answer_duplicate(upload, known, details)
        return _open_case(upload, found.format, details, kind, confirm_duplicate)


def check_may_upload(user: User) -> None:
    """Radiographers, radiologists and administrators may upload.

    Raises:
        RuleBroken: `not_your_role`.
    """
    if not user.role:
        raise rules.RuleBroken("not_your_role", move="upload")


def _head(content: File[Any]) -> bytes:
    content.seek(0)
    head = content.read(door.HEAD_BYTES)
    content.seek(0)
    return bytes(head)


def _sha256(content: File[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def _refused(*, by: User, name: str, size: int, error: RadiographError) -> Upload:
    with transaction.atomic():
        values = {key: str(value)[:100] for key, value in error.values.items()}
        upload = Upload.objects.create(
            by=by, name=name[:255], bytes=size, state="refused", reason_code=error.code, reason_values=values
        )
        events.record("upload_refused", by=by, stream=f"upload:{upload.pk}", reason=error.code)
    return upload


def _same_bytes(digest: str, by: User) -> Case | None:
    seen = Case.objects.visible_to(by).filter(radiographs__original_sha256=digest)
    return seen.exclude(state__in=rules.WITHDRAWN).order_by("pk").first()


def _answer_duplicate(upload: Upload, known: Case, details: UploadDetails) -> Upload:
    upload.case = known
    upload.state, upload.reason_code = "duplicate", "same_picture"
    if details.patient_id and (known.patient is None or known.patient.patient_id != details.patient_id.strip()):
        upload.state, upload.reason_code = "asks", "same_picture_other_patient"
    upload.save()
    events.record("upload_known", by=upload.by, stream=f"upload:{upload.pk}", reason=upload.reason_code)
    return upload


def _open_case(upload: Upload, format_name: str, details: UploadDetails, kind: str, confirmed: bool) -> Upload:
    case = Case.objects.create(
        kind=kind,
        patient=patient_for(details),
        priority=details.priority,
        priority_rank=rules.PRIORITY_RANK[rules.Priority(details.priority)],
        clinical_question=details.clinical_question[:2000],
        opened_by=upload.by,
    )
    radiograph = Radiograph.objects.create(
        case=case,
        original_sha256=upload.sha256,
        original_name=upload.name,
        original_bytes=upload.bytes,
        format=format_name,
        uploaded_by=upload.by,
        duplicate_confirmed=confirmed,
    )
    upload.state, upload.case, upload.radiograph, upload.reason_code = "accepted", case, radiograph, ""
    upload.save()
    events.record("case_opened", by=upload.by, case=case, original=upload.sha256, format=format_name, kind=kind)
    bell.ring_read(radiograph.pk, case.priority)
    return upload


def answer_upload(*, upload: Upload, by: User, open_anyway: bool) -> Upload:
    """The sender's answer where the same picture is known under another patient: open a case anyway, or drop it.

    Raises:
        RuleBroken: `wrong_state` when nothing is asked.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload.pk, by=by)
        if upload.state != "asks":
            raise rules.RuleBroken("wrong_state", move="answer", state=upload.state)
        if not open_anyway:
            upload.state = "dismissed"
            upload.save(update_fields=["state"])
            events.record("upload_dismissed", by=by, stream=f"upload:{upload.pk}")
            return upload
        found = door.look(storage.get(original_key(upload.sha256))[: door.HEAD_BYTES], upload.bytes)
        details = UploadDetails.from_json(upload.details)
        return _open_case(upload, found.format, details, "clinical", confirmed=True)


# ---- after the reader worker has seen header and pixels ----


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
    case.study_date = case.study_date or dicom_date(radiograph.tags.get("StudyDate", ""))
    case.study_description = case.study_description or radiograph.tags.get("StudyDescription", "")[:200]
    case.save(update_fields=["patient", "study_date", "study_description"])
    twin = _same_pixels(radiograph)
    if twin is not None and _same_patient(twin.patient, case.patient):
        return _give_way(radiograph, twin)
    if twin is not None:
        return _stop(radiograph, "same_picture_other_patient")
    return _join_study(radiograph)


def _stop(radiograph: Radiograph, code: str) -> bool:
    Radiograph.objects.filter(pk=radiograph.pk).update(state="failed", failure_code=code)
    radiograph.refresh_from_db()
    analysis.settle(radiograph.case)
    return False


def _same_pixels(radiograph: Radiograph) -> Case | None:
    if radiograph.duplicate_confirmed or radiograph.uploaded_by is None:
        return None
    others = Case.objects.visible_to(radiograph.uploaded_by).exclude(pk=radiograph.case_id)
    others = others.exclude(state__in=rules.WITHDRAWN).filter(pk__lt=radiograph.case_id)
    return others.filter(radiographs__pixel_sha256=radiograph.pixel_sha256).order_by("pk").first()


def _same_patient(one: Patient | None, other: Patient | None) -> bool:
    return one is None or other is None or one.pk == other.pk


def _give_way(radiograph: Radiograph, twin: Case) -> bool:
    case = radiograph.case
    rules.check_move("join", case.state, rules.Role.SYSTEM)
    Case.objects.filter(pk=case.pk).update(state=rules.State.CANCELLED, joined_to=twin, failure_code="same_picture")
    Upload.objects.filter(radiograph=radiograph).update(state="duplicate", reason_code="same_picture", case=twin)
    events.record("joined_other_case", by=None, case=case, other=twin.pk, reason="same_picture")
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


# ---- corrections by people ----


def correct_patient(*, case: Case, by: User, details: UploadDetails) -> Case:
    """Correct who the picture is of, until the case is read; a picture that stopped over it is read again.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, or `patient_id_missing`.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        if by.role not in (rules.Role.RADIOGRAPHER, rules.Role.ADMINISTRATOR):
            raise rules.RuleBroken("not_your_role", move="correct")
        if case.state not in rules.BEFORE_READING:
            raise rules.RuleBroken("wrong_state", move="correct", state=case.state)
        if not details.patient_id.strip():
            raise rules.RuleBroken("patient_id_missing")
        old = case.patient
        case.patient = _corrected_patient(details)
        case.clinical_question = details.clinical_question[:2000]
        case.priority = details.priority
        case.priority_rank = rules.PRIORITY_RANK[rules.Priority(details.priority)]
        case.save(update_fields=["patient", "clinical_question", "priority", "priority_rank"])
        stopped = case.radiographs.filter(failure_code__in=["patient_mismatch", "same_picture_other_patient"])
        stopped.update(duplicate_confirmed=True)
        events.record(
            "patient_corrected",
            by=by,
            case=case,
            fields=["patient_id", "name", "birth_date", "sex"],
            old=events.keyed_hash(old.patient_id if old else ""),
            new=events.keyed_hash(case.patient.patient_id),
        )
        return rerun(case=case, by=by) if stopped.exists() else case


def _corrected_patient(details: UploadDetails) -> Patient:
    patient, _ = Patient.objects.get_or_create(patient_id=details.patient_id.strip()[:64])
    patient.name = details.patient_name.strip()[:200] or patient.name
    patient.birth_date = details.birth_date or patient.birth_date
    patient.sex = details.sex or patient.sex
    patient.save()
    return patient


def withdraw(*, case: Case, by: User, reason: str) -> Case:
    """Take back a wrong upload, until it is read; it can be restored.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`.
    """
    rules.check_reason(reason)
    return _moved(case=case, by=by, name="withdraw", reason=reason.strip()[:500])


def restore(*, case: Case, by: User) -> Case:
    """Undo a withdrawal.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    return _moved(case=case, by=by, name="restore")


def cancel(*, case: Case, by: User, reason: str) -> Case:
    """An administrator takes a case out of the line; `requeue` brings it back.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`, `reason_missing`.
    """
    rules.check_reason(reason)
    return _moved(case=case, by=by, name="cancel", reason=reason.strip()[:500])


def requeue(*, case: Case, by: User) -> Case:
    """Bring a cancelled case back to where its pictures stand.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    return _moved(case=case, by=by, name="requeue")


def _moved(*, case: Case, by: User, name: str, **details: Any) -> Case:
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move(name, case.state, by.role)
        code = ""
        if move.target is None:
            target, code = analysis.parts_state(case)
        else:
            target = move.target
        old = case.state
        Case.objects.filter(pk=case.pk).update(
            state=target, failure_code=code, claimed_by=None, lease_until=None, version=case.version + 1
        )
        events.record(move.event, by=by, case=case, old=old, new=target, **details)
        case.refresh_from_db()
        if case.state in rules.IN_PROGRESS:
            _ring_all(case)
        return case


def rerun(*, case: Case, by: User) -> Case:
    """Run a case again: failed pictures are read anew, sound ones get a further run of every running version.

    Raises:
        RuleBroken: `not_your_role`, `wrong_state`.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        move = rules.check_move("rerun", case.state, by.role)
        case.radiographs.exclude(state="read").update(
            state="waiting", attempts=0, lease_until=None, failure_code="", rung_at=timezone.now()
        )
        for radiograph in case.radiographs.filter(state="read"):
            _open_further_run(radiograph)
        target, code = analysis.parts_state(case)
        Case.objects.filter(pk=case.pk).update(state=target, failure_code=code, version=case.version + 1)
        events.record(move.event, by=by, case=case, new=target)
        case.refresh_from_db()
        _ring_all(case)
        return case


def _open_further_run(radiograph: Radiograph) -> None:
    runs = radiograph.analyses.order_by("-run").values_list("run", flat=True)
    analysis.open_analyses(radiograph, analysis.running_versions(), run=(runs.first() or 0) + 1)


def _ring_all(case: Case) -> None:
    for radiograph in case.radiographs.filter(state="waiting"):
        bell.ring_read(radiograph.pk, case.priority)
    for radiograph in case.radiographs.all():
        for waiting in radiograph.analyses.filter(state="waiting"):
            bell.ring_score(waiting.pk, case.priority)
