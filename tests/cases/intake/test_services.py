"""The verbs of the intake, over the real database and storage, with files that decode."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cases import analysis, events, rules, storage
from cases.intake.details import UploadDetails
from cases.intake.services import (
    answer_upload,
    cancel,
    correct_patient,
    receive_upload,
    requeue,
    rerun,
    restore,
    withdraw,
)
from cases.models import Case, Event, Patient, Radiograph, Upload
from cases.rules import RuleBroken
from tests import making

KIM = UploadDetails(patient_id="P-17", patient_name="김영희", sex="F", birth_date=date(1970, 5, 4))


def received(by, data: bytes, name: str = "chest.jpg", details: UploadDetails | None = None, **options) -> Upload:
    """One file through the door."""
    details = details or UploadDetails()
    return receive_upload(content=ContentFile(data), name=name, by=by, details=details, **options)


def read_by_worker(upload: Upload) -> Case:
    """What the reader worker does with it."""
    analysis.prepare_radiograph(upload.radiograph_id)
    upload.refresh_from_db()
    return Case.objects.get(pk=upload.case_id)


def large_jpeg(seed: int = 0) -> bytes:
    """Large enough for the gate."""
    return making.jpeg_bytes(seed, height=200, width=180)


class TestReceiving:
    @pytest.mark.parametrize(
        ("data", "name", "format_name"),
        [
            (making.jpeg_bytes(), "a.png", "JPEG"),
            (making.png_bytes(), "a.dcm", "PNG"),
            (making.dicom_bytes(), "noname", "DICOM"),
        ],
    )
    def test_content_decides_not_the_name(self, alice, data, name, format_name):
        upload = received(alice, data, name)
        assert (upload.state, upload.radiograph.format, upload.case.state) == ("accepted", format_name, "received")

    def test_the_bytes_are_stored_once_under_their_digest(self, alice):
        data = making.jpeg_bytes(3)
        upload = received(alice, data)
        assert storage.get(upload.radiograph.original_key) == data

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"", "empty_file"), (b"GIF89a" + b"x" * 50, "unknown_format"), (b"%PDF-1.4" + b"x" * 200, "unknown_format")],
    )
    def test_a_refusal_has_a_reason_an_event_and_no_case(self, alice, data, code):
        upload = received(alice, data)
        assert (upload.state, upload.reason_code, upload.case) == ("refused", code, None)
        assert Event.objects.get().verb == "upload_refused"
        assert not Case.objects.exists()

    def test_details_go_with_the_file(self, alice):
        details = UploadDetails(**{**vars(KIM), "priority": "urgent", "clinical_question": "fever"})
        case = received(alice, making.jpeg_bytes(), details=details).case
        assert (case.patient.name, case.priority, case.priority_rank) == ("김영희", "urgent", 0)
        assert (case.clinical_question, case.opened_by) == ("fever", alice)

    def test_the_name_is_kept_composed_printable_and_short(self, alice):
        name = unicodedata.normalize("NFD", "흉부") + "\x07\u202e" + "x" * 300
        assert received(alice, making.jpeg_bytes(), name).name == "흉부" + "x" * 253

    def test_no_role_may_not_upload(self, mallory):
        with pytest.raises(RuleBroken, match="not_your_role"):
            received(mallory, making.jpeg_bytes())

    def test_nothing_is_stored_when_the_disk_is_nearly_full(self, alice, settings):
        settings.FREE_DISK_FLOOR_MB = 10**9
        with pytest.raises(storage.DiskFull):
            received(alice, making.jpeg_bytes())
        assert not Upload.objects.exists()

    def test_the_chain_of_events_holds(self, alice):
        received(alice, making.jpeg_bytes())
        received(alice, b"nothing")
        assert list(events.broken_links()) == []


class TestDuplicates:
    def test_the_same_bytes_lead_to_the_case_that_has_them(self, alice):
        first = received(alice, making.jpeg_bytes())
        second = received(alice, making.jpeg_bytes(), "copy.jpg")
        assert (second.state, second.case, second.reason_code) == ("duplicate", first.case, "same_picture")
        assert Case.objects.count() == 1

    def test_under_another_patient_it_stops_and_asks(self, alice):
        received(alice, making.jpeg_bytes(), details=KIM)
        second = received(alice, making.jpeg_bytes(), details=UploadDetails(patient_id="P-99"))
        assert (second.state, second.reason_code) == ("asks", "same_picture_other_patient")
        assert Case.objects.count() == 1

    def test_the_answer_opens_a_case_with_what_was_typed(self, alice):
        received(alice, making.jpeg_bytes(), details=KIM)
        asked = received(alice, making.jpeg_bytes(), details=UploadDetails(patient_id="P-99", priority="urgent"))
        upload = answer_upload(upload=asked, by=alice, open_anyway=True)
        assert (upload.state, upload.case.patient.patient_id, upload.case.priority) == ("accepted", "P-99", "urgent")
        assert upload.radiograph.duplicate_confirmed

    def test_the_answer_may_drop_it(self, alice):
        received(alice, making.jpeg_bytes(), details=KIM)
        asked = received(alice, making.jpeg_bytes(), details=UploadDetails(patient_id="P-99"))
        assert answer_upload(upload=asked, by=alice, open_anyway=False).state == "dismissed"
        with pytest.raises(RuleBroken, match="wrong_state"):
            answer_upload(upload=asked, by=alice, open_anyway=True)

    def test_a_case_that_the_user_may_not_see_is_never_revealed(self, a_case, alice):
        hidden = a_case(minutes_ago=3 * 24 * 60)
        data = storage.get(hidden.radiographs.get().original_key)
        upload = received(alice, data)
        assert upload.state == "accepted"
        assert upload.case != hidden

    def test_the_same_pixels_in_another_file_give_way(self, alice, model_version):
        first = received(alice, large_jpeg())
        case = read_by_worker(first)
        second = received(alice, large_jpeg() + b"\0")
        assert read_by_worker(second) == case
        assert second.state == "duplicate"

    def test_a_twin_without_a_patient_takes_over_the_one_that_was_typed(self, alice, model_version):
        case = read_by_worker(received(alice, large_jpeg()))
        read_by_worker(received(alice, large_jpeg() + b"\0", details=KIM))
        case.refresh_from_db()
        assert case.patient.patient_id == "P-17"

    def test_a_twin_that_was_read_does_not_swallow_a_patient(self, alice, bob, model_version):
        case = read_by_worker(received(alice, large_jpeg()))
        Case.objects.filter(pk=case.pk).update(state="signed")
        second = read_by_worker(received(alice, large_jpeg() + b"\0", details=KIM))
        assert (second.state, second.failure_code) == ("failed", "same_picture_other_patient")


class TestPatients:
    def test_a_known_number_under_another_name_is_refused(self, alice):
        received(alice, making.jpeg_bytes(1), details=KIM)
        for other in ({"patient_name": "박철수"}, {"birth_date": date(1971, 5, 4)}, {"sex": "M"}):
            with pytest.raises(RuleBroken, match="other_person"):
                received(alice, making.jpeg_bytes(2), details=UploadDetails(patient_id="P-17", **other))
        assert Upload.objects.count() == 1

    def test_spaces_case_and_carets_make_no_other_person(self, alice):
        received(alice, making.jpeg_bytes(1), details=UploadDetails(patient_id="P-1", patient_name="Lee^Minsu"))
        details = UploadDetails(patient_id=" P-1 ", patient_name="lee minsu")
        assert received(alice, making.jpeg_bytes(2), details=details).case.patient.name == "Lee^Minsu"

    def test_what_was_not_known_is_filled_in(self, alice):
        received(alice, making.jpeg_bytes(1), details=UploadDetails(patient_id="P-17"))
        received(alice, making.jpeg_bytes(2), details=KIM)
        assert Patient.objects.get().name == "김영희"

    def test_the_header_names_the_patient_and_the_study(self, alice, model_version):
        data = making.dicom_bytes(PatientID="D-5", PatientName="Hong^Gildong", StudyDate="20250301", PatientSex="M")
        case = read_by_worker(received(alice, data))
        assert (case.patient.patient_id, case.study_date) == ("D-5", date(2025, 3, 1))

    def test_a_header_of_another_patient_stops_the_case(self, alice, model_version):
        case = read_by_worker(received(alice, making.dicom_bytes(PatientID="D-5"), details=KIM))
        assert (case.state, case.failure_code) == ("failed", "patient_mismatch")

    def test_pictures_of_one_study_are_one_case(self, alice, model_version):
        study = {"PatientID": "D-5", "StudyInstanceUID": "1.2.3.4"}
        first = read_by_worker(received(alice, making.dicom_bytes(1, **study)))
        second = received(alice, making.dicom_bytes(2, **study))
        assert read_by_worker(second) == first
        assert first.radiographs.count() == 2


@pytest.fixture
def childrens_model(db):
    """The active model was made for children of one to five years."""
    model = making.make_model()
    model.scope = {"age_years": [1, 5]}
    model.save()
    return model


@pytest.mark.usefixtures("childrens_model")
class TestAge:
    """Header and department both say how old a patient is; one age outside the model's scope is enough for the note."""

    def notes_of(self, case: Case) -> set[str]:
        return {note for picture in case.radiographs.all() for note in picture.notes if note.startswith("age_")}

    def test_an_adult_by_the_typed_date_of_birth(self, alice):
        assert self.notes_of(read_by_worker(received(alice, large_jpeg(), details=KIM))) == {"age_outside_scope"}

    def test_a_child_by_the_typed_date_of_birth(self, alice):
        child = UploadDetails(patient_id="P-18", birth_date=date(timezone.localdate().year - 3, 1, 2))
        assert self.notes_of(read_by_worker(received(alice, large_jpeg(), details=child))) == set()

    def test_nobody_says(self, alice):
        assert self.notes_of(read_by_worker(received(alice, large_jpeg()))) == {"age_unknown"}

    def test_a_child_by_the_header_and_an_adult_by_the_record(self, alice):
        tags = {"PatientID": "P-17", "PatientAge": "003Y"}
        making.make_patient("P-17", born=date(1970, 5, 4))
        case = read_by_worker(received(alice, making.dicom_bytes(height=200, width=180, **tags)))
        assert self.notes_of(case) == {"age_outside_scope"}

    def test_a_correction_judges_every_open_case_of_the_patient_anew(self, alice):
        cases = [
            read_by_worker(received(alice, large_jpeg(seed), details=UploadDetails(patient_id="P-17")))
            for seed in (1, 2)
        ]
        assert [self.notes_of(case) for case in cases] == [{"age_unknown"}] * 2
        correct_patient(case=cases[0], by=alice, details=KIM)
        assert [self.notes_of(case) for case in cases] == [{"age_outside_scope"}] * 2


class TestCorrecting:
    def test_number_name_question_and_priority(self, alice, a_case):
        case = a_case(by=alice)
        details = UploadDetails(**{**vars(KIM), "priority": "urgent", "clinical_question": "cough"})
        case = correct_patient(case=case, by=alice, details=details)
        assert (case.patient.patient_id, case.priority_rank, case.clinical_question) == ("P-17", 0, "cough")

    def test_the_event_has_fields_and_hashes_and_nothing_personal(self, alice, a_case):
        case = a_case(by=alice, patient=making.make_patient("P-16", "김영희"))
        correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-17", patient_name="김영희"))
        event = case.events.get(verb="patient_corrected")
        assert event.details["fields"] == ["patient_id", "birth_date", "sex"]
        assert "P-17" not in str(event.details)
        assert event.details["old"] != event.details["new"]

    def test_another_patients_record_is_never_overwritten(self, alice, a_case):
        making.make_patient("P-20", "박철수", "M")
        case = a_case(by=alice, patient=making.make_patient("P-17"))
        with pytest.raises(RuleBroken, match="other_person"):
            correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-20", patient_name="김영희"))
        assert Patient.objects.get(patient_id="P-20").name == "박철수"

    def test_another_number_alone_takes_what_is_known_of_it(self, alice, a_case):
        making.make_patient("P-20", "박철수", "M")
        case = a_case(by=alice, patient=making.make_patient("P-17"))
        assert correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-20")).patient.name == "박철수"

    def test_a_case_that_stopped_over_its_patient_is_read_again(self, alice, model_version):
        case = read_by_worker(received(alice, making.dicom_bytes(PatientID="D-5"), details=KIM))
        case = correct_patient(case=case, by=alice, details=KIM)
        assert case.state == "received"
        analysis.prepare_radiograph(case.radiographs.get().pk)
        case.refresh_from_db()
        assert (case.failure_code != "patient_mismatch", case.patient.patient_id) == (True, "P-17")

    @pytest.mark.parametrize("state", ["claimed", "read", "signed", "amended", "rejected"])
    def test_not_once_it_is_being_read(self, alice, bob, a_case, state):
        case = a_case(state=state, claimed_by=bob if state in ("claimed", "read") else None)
        with pytest.raises(RuleBroken, match="wrong_state"):
            correct_patient(case=case, by=alice, details=KIM)

    def test_not_by_a_reader(self, bob, a_case):
        with pytest.raises(RuleBroken, match="not_your_role"):
            correct_patient(case=a_case(), by=bob, details=KIM)

    def test_a_number_is_needed(self, alice, a_case):
        with pytest.raises(RuleBroken, match="patient_id_missing"):
            correct_patient(case=a_case(), by=alice, details=UploadDetails(patient_id=" "))


class TestMoving:
    def test_a_withdrawn_case_comes_back_where_it_stood(self, alice, a_case):
        case = withdraw(case=a_case(), by=alice, reason="wrong patient")
        assert case.state == "rejected"
        assert restore(case=case, by=alice).state == "ready"

    def test_a_withdrawal_says_why(self, alice, a_case):
        with pytest.raises(RuleBroken, match="reason_missing"):
            withdraw(case=a_case(), by=alice, reason=" x ")

    def test_a_case_in_hand_is_not_withdrawn(self, alice, bob, a_case):
        with pytest.raises(RuleBroken, match="wrong_state"):
            withdraw(case=a_case(claimed_by=bob), by=alice, reason="wrong patient")

    def test_cancelling_takes_it_from_its_reader(self, dana, bob, a_case):
        case = cancel(case=a_case(claimed_by=bob), by=dana, reason="machine test")
        assert (case.state, case.claimed_by) == ("cancelled", None)
        assert requeue(case=case, by=dana).state == "ready"

    def test_a_failed_picture_is_read_anew(self, alice, a_case):
        case = rerun(case=a_case(state="failed", failure_code="took_too_long"), by=alice)
        assert (case.state, case.failure_code) == ("received", "")
        assert Radiograph.objects.get(case=case).state == "waiting"

    def test_a_sound_picture_gets_a_further_run_and_keeps_the_old_one(self, alice, a_case):
        case = rerun(case=a_case(), by=alice)
        runs = list(case.radiographs.get().analyses.values_list("run", "state"))
        assert (case.state, runs) == (rules.State.QUEUED, [(1, "done"), (2, "waiting")])
