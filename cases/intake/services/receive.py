"""A file at the door: refused with its reason, known already, asked about, or a new case in the queue."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

from django.core.files.base import File
from django.db import transaction

from cases import bell, events, rules, storage
from cases.blind.arrival import drawn_blind
from cases.intake.details import UploadDetails
from cases.intake.patients import check_same_person, patient_for
from cases.models import Case, Radiograph, Site, Upload, User
from cases.models.intake import original_key
from cases.models.listed import with_copies
from cases.selects import Select
from cases.writes import insert_rows
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

    The bytes are on the disk before the rows are written; the reader worker is rung after the commit. The file is read
    in chunks, never as a whole.

    Raises:
        RuleBroken: `not_your_role` when the user may not upload, `other_person` when the typed number belongs to a
            patient with another name, date of birth or sex.
        DiskFull: nothing was stored.
    """
    check_may_upload(by)
    check_same_person(details)
    size = content.size or 0
    upload = Upload(by=by, name=kept_name(name), bytes=size, details=details.to_json())
    try:
        found = door.look(_head(content), size)
    except RadiographError as error:
        return _refuse(upload, error)
    storage.check_room(size)
    upload.sha256 = _sha256(content)
    storage.put_once(original_key(upload.sha256), content)
    with transaction.atomic():
        known = None if confirm_duplicate else _same_bytes(upload.sha256, by)
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


def kept_name(name: str) -> str:
    """The file's name as text to show: composed Hangul (macOS sends it in pieces), printable, at most 255 characters.

    It is never a path.
    """
    composed = unicodedata.normalize("NFC", name)
    return "".join(letter for letter in composed if letter.isprintable())[:255]


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


def _refuse(upload: Upload, error: RadiographError) -> Upload:
    upload.state, upload.reason_code = "refused", error.code
    upload.reason_values = {key: str(value)[:100] for key, value in error.values.items()}
    with transaction.atomic():
        upload.save()
        events.record("upload_refused", by=upload.by, stream=f"upload:{upload.pk}", reason=error.code)
    return upload


_WITH_BYTES = Select(lambda digest: Radiograph.objects.filter(original_sha256=digest).values_list("pk")[:1])


def _same_bytes(digest: str, by: User) -> Case | None:
    if not _WITH_BYTES(digest):
        return None
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
    blind = drawn_blind(Site.current())
    case = Case(
        read_blind=blind,
        kind=kind,
        patient=patient_for(details),
        priority=details.priority,
        priority_rank=rules.PRIORITY_RANK[rules.Priority(details.priority)],
        clinical_question=details.clinical_question[:2000],
        opened_by=upload.by,
    )
    insert_rows([with_copies(case)])
    radiograph = Radiograph(
        case=case,
        original_sha256=upload.sha256,
        original_name=upload.name,
        original_bytes=upload.bytes,
        format=format_name,
        uploaded_by=upload.by,
        duplicate_confirmed=confirmed,
    )
    insert_rows([radiograph])
    upload.state, upload.case, upload.radiograph, upload.reason_code = "accepted", case, radiograph, ""
    if upload._state.adding:
        insert_rows([upload])
    else:
        upload.save()
    said: dict[str, Any] = {"original": upload.sha256, "format": format_name, "kind": kind, "blind": blind}
    events.record_opening(case, by=upload.by, **said)
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
            return _dismiss(upload)
        found = door.look(storage.get_head(original_key(upload.sha256), door.HEAD_BYTES), upload.bytes)
        details = UploadDetails.from_json(upload.details)
        return _open_case(upload, found.format, details, "clinical", confirmed=True)


def _dismiss(upload: Upload) -> Upload:
    upload.state = "dismissed"
    upload.save(update_fields=["state"])
    events.record("upload_dismissed", by=upload.by, stream=f"upload:{upload.pk}")
    return upload
