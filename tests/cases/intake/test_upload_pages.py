"""The upload page, single files, and what somebody uploaded."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import Client
from django.urls import reverse

from cases.models import Case, Radiograph, Upload
from tests import making


def file_of(data: bytes, name: str = "chest.jpg") -> io.BytesIO:
    opened = io.BytesIO(data)
    opened.name = name
    return opened


def sent(client, data: bytes, name: str = "chest.jpg", **typed):
    return client.post("/upload/file/", {"priority": "normal", **typed, "files": [file_of(data, name)]})


class TestOneFile:
    def test_a_good_file_is_a_case_with_a_row(self, alice, client_of):
        answer = sent(client_of(alice), making.jpeg_bytes(), patient_id="P-1", clinical_question="fever")
        case = Case.objects.get()
        assert answer.status_code == 201
        assert f'id="upload-{Upload.objects.get().pk}"' in answer.content.decode()
        assert case.number in answer.content.decode()
        assert (case.patient.patient_id, case.clinical_question) == ("P-1", "fever")

    @pytest.mark.parametrize(
        ("language", "sentence"),
        [("en", "This is no JPEG, PNG or DICOM file"), ("ko", "JPEG, PNG, DICOM 형식이 아닙니다")],
    )
    def test_a_bad_file_says_why_and_what_next_in_the_readers_language(self, alice, client_of, language, sentence):
        client = client_of(alice)
        client.cookies["django_language"] = language
        answer = sent(client, b"not a picture", "chest.jpg")
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not Case.objects.exists()

    def test_the_same_picture_leads_to_its_case(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes())
        answer = sent(client, making.jpeg_bytes(), "again.jpg")
        assert answer.status_code == 200
        assert reverse("case", args=[Case.objects.get().pk]) in answer.content.decode()

    def test_under_another_patient_it_asks(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes(), patient_id="P-1")
        answer = sent(client, making.jpeg_bytes(), patient_id="P-2")
        assert answer.status_code == 409
        assert reverse("answer_upload", args=[Upload.objects.first().pk]) in answer.content.decode()

    def test_a_full_disk_is_said_and_leaves_no_row_to_keep(self, alice, client_of, settings):
        settings.FREE_DISK_FLOOR_MB = 10**9
        answer = sent(client_of(alice), making.jpeg_bytes())
        assert answer.status_code == 507
        assert "no room left" in answer.content.decode()
        assert 'id="upload-' not in answer.content.decode()

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"birth_date": "2999-01-01", "patient_id": "P-1"}, "not in the future"),
            ({"birth_date": "31.2.2000", "patient_id": "P-1"}, "valid date"),
            ({"patient_name": "김영희"}, "Enter the patient number"),
            ({"patient_id": "x" * 65}, "64"),
            ({"priority": "soon"}, "soon"),
            ({"clinical_question": "x" * 2001}, "2000"),
            ({"patient_id": "P\0"}, "Null"),
        ],
    )
    def test_what_was_typed_is_checked_and_nothing_is_kept(self, alice, client_of, typed, said):
        answer = sent(client_of(alice), making.jpeg_bytes(), **typed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not Upload.objects.exists()

    def test_a_known_number_with_another_name_is_refused_without_telling_the_name(self, alice, client_of):
        making.make_patient("P-1", "김영희")
        answer = sent(client_of(alice), making.jpeg_bytes(), patient_id="P-1", patient_name="박철수")
        assert answer.status_code == 422
        assert "another name" in answer.content.decode()
        assert "김영희" not in answer.content.decode()

    def test_one_file_a_time(self, alice, client_of):
        files = [file_of(making.jpeg_bytes(1)), file_of(making.jpeg_bytes(2))]
        assert client_of(alice).post("/upload/file/", {"files": files}).status_code == 422
        assert client_of(alice).post("/upload/file/", {}).status_code == 422
        assert not Upload.objects.exists()

    def test_a_name_is_text_and_never_a_path(self, alice, client_of):
        name = "../../etc/<img src=x onerror=alert(1)>.jpg"
        page = sent(client_of(alice), making.jpeg_bytes(), name).content.decode()
        assert "<img src=x" not in page
        assert "/" not in Upload.objects.get().name

    def test_a_large_file_is_never_held_in_memory_as_a_whole(self, alice, client_of, monkeypatch):
        asked: list[int] = []

        def read(self, size=-1):
            asked.append(size)
            return self.file.read(size)

        monkeypatch.setattr(TemporaryUploadedFile, "read", read)
        data = making.jpeg_bytes() + b"\0" * 8_000_000
        assert sent(client_of(alice), data).status_code == 201
        assert Radiograph.objects.get().original_bytes == len(data)
        assert asked
        assert all(0 < size <= 65_536 for size in asked)


class TestRights:
    pages = ("/upload/", "/uploads/", "/uploads/rows/")

    @pytest.mark.parametrize("address", pages)
    def test_staff_only(self, alice, bob, dana, mallory, client, client_of, address):
        assert [client_of(user).get(address).status_code for user in (alice, bob, dana, mallory)] == [
            200,
            200,
            200,
            403,
        ]
        assert client.get(address).status_code == 302

    def test_no_role_uploads_nothing(self, mallory, client, client_of):
        assert sent(client_of(mallory), making.jpeg_bytes()).status_code == 403
        assert sent(client, making.jpeg_bytes()).status_code == 302
        assert not Upload.objects.exists()

    def test_a_token_is_needed(self, alice):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
        assert sent(strict, making.jpeg_bytes()).status_code == 403

    def test_nobody_sees_or_answers_anothers_uploads(self, alice, dana, client_of):
        sent(client_of(alice), making.jpeg_bytes(), "alices.jpg", patient_id="P-1")
        sent(client_of(alice), making.jpeg_bytes(), "alices.jpg", patient_id="P-2")
        asked = Upload.objects.get(state="asks")
        assert "alices.jpg" not in client_of(dana).get("/uploads/").content.decode()
        assert client_of(dana).post(f"/uploads/{asked.pk}/answer/", {"open_anyway": "yes"}).status_code == 404


class TestWithoutScript:
    def test_several_files_each_get_their_row(self, alice, client_of):
        pictures = {"one.jpg": making.jpeg_bytes(1), "two.jpg": b"bad", "3.png": making.png_bytes(3)}
        files = [file_of(data, name) for name, data in pictures.items()]
        page = client_of(alice).post("/upload/", {"files": files, "priority": "urgent"}).content.decode()
        assert all(name in page for name in pictures)
        assert "This is no JPEG" in page
        assert "2 files were taken in. 1 was not" in page
        assert set(Case.objects.values_list("priority", flat=True)) == {"urgent"}

    def test_no_file_is_said(self, alice, client_of):
        answer = client_of(alice).post("/upload/", {"patient_id": "P-1"})
        assert answer.status_code == 422
        assert "Choose at least one file" in answer.content.decode()
        assert 'value="P-1"' in answer.content.decode()

    def test_a_full_disk_is_said(self, alice, client_of, settings):
        settings.FREE_DISK_FLOOR_MB = 10**9
        answer = client_of(alice).post("/upload/", {"files": [file_of(making.jpeg_bytes())]})
        assert answer.status_code == 507
        assert "no room left" in answer.content.decode()

    def test_too_many_files_are_said(self, alice, client_of, settings):
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
        client = client_of(alice)
        client.raise_request_exception = False
        answer = client.post("/upload/", {"files": [file_of(making.jpeg_bytes(n)) for n in range(3)]})
        assert answer.status_code == 400
        assert "more files than can be taken at once" in answer.content.decode()
        assert not Upload.objects.exists()


class TestMyUploads:
    def test_the_rows_survive_a_closed_tab_with_the_live_state(self, alice, client_of):
        sent(client_of(alice), making.jpeg_bytes(), "first.jpg")
        Case.objects.update(state="scoring")
        page = client_of(alice).get("/uploads/").content.decode()
        assert "first.jpg" in page
        assert "scoring" in page

    def test_a_failed_case_says_why_and_can_be_tried_again(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes())
        case = Case.objects.get()
        fail(case, "took_too_long")
        page = client.get("/uploads/?state=attention").content.decode()
        assert "Reading the picture took longer" in page
        assert client.post(retry_in(page), follow=True).status_code == 200
        case.refresh_from_db()
        assert case.state == "received"

    def test_what_a_retry_cannot_help_offers_none(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes())
        fail(Case.objects.get(), "damaged_file")
        page = client.get("/uploads/").content.decode()
        assert "The file is damaged" in page
        assert "/rerun/" not in page

    def test_an_unscored_picture_says_all_its_reasons(self, alice, client_of):
        sent(client_of(alice), making.jpeg_bytes())
        radiograph = Radiograph.objects.get()
        radiograph.refusals, radiograph.state = ["too_small", "blank"], "not_scored"
        radiograph.pixel_sha256, radiograph.rendition_key = "0" * 64, "x"
        radiograph.save()
        Case.objects.update(state="not_scored", failure_code="too_small")
        page = client_of(alice).get("/uploads/").content.decode()
        assert "too small to judge" in page
        assert "next to nothing" in page

    @pytest.mark.parametrize(("word", "state"), [("yes", "accepted"), ("no", "dismissed")])
    def test_a_question_is_answered_from_the_row(self, alice, client_of, word, state):
        client = client_of(alice)
        sent(client, making.jpeg_bytes(), patient_id="P-1")
        sent(client, making.jpeg_bytes(), patient_id="P-2")
        asked = Upload.objects.get(state="asks")
        client.post(reverse("answer_upload", args=[asked.pk]), {"open_anyway": word})
        asked.refresh_from_db()
        assert asked.state == state

    def test_answering_twice_is_said(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes())
        address = reverse("answer_upload", args=[Upload.objects.get().pk])
        assert "no longer possible" in client.post(address, {"open_anyway": "yes"}, follow=True).content.decode()

    def test_a_report_of_not_diagnostic_comes_back(self, alice, bob, a_case, client_of):
        signed_case(a_case(by=alice), bob, "not_diagnostic", "apex cut off")
        page = client_of(alice).get("/uploads/").content.decode()
        assert "Came back as not diagnostic" in page
        assert "apex cut off" in page

    def test_an_amended_verdict_counts_instead_of_the_first(self, alice, bob, a_case, client_of):
        from cases.reading import services

        case = signed_case(a_case(by=alice), bob, "not_diagnostic", "apex cut off")
        services.amend(case=case, by=bob, verdict="normal", comment="", reason="second look", version=case.version)
        assert "Came back" not in client_of(alice).get("/uploads/").content.decode()

    def test_a_case_no_longer_in_sight_is_not_shown(self, alice, bob, a_case, client_of):
        old = a_case(by=bob, minutes_ago=3 * 24 * 60)
        Upload.objects.create(by=alice, name="mine.jpg", state="duplicate", reason_code="same_picture", case=old)
        page = client_of(alice).get("/uploads/").content.decode()
        assert "mine.jpg" in page
        assert old.number not in page

    def test_queries_do_not_grow_with_the_rows(self, alice, client_of, django_assert_max_num_queries):
        client = client_of(alice)
        for number in range(8):
            sent(client, making.jpeg_bytes(number))
        for address in ("/uploads/", "/uploads/rows/", "/upload/"):
            with django_assert_max_num_queries(10):
                client.get(address)

    def test_the_fragment_has_what_the_pages_replace(self, alice, client_of):
        client = client_of(alice)
        sent(client, making.jpeg_bytes())
        parts = {address: parts_of(client.get(address)) for address in ("/upload/", "/uploads/", "/uploads/rows/")}
        assert parts["/uploads/"] == parts["/uploads/rows/"] >= parts["/upload/"] >= {"counts", "files"}


class TestCorrections:
    def test_the_form_opens_with_what_is_known_and_saves(self, alice, a_case, client_of):
        case, client = a_case(by=alice, patient=making.make_patient("P-17")), client_of(alice)
        page = client.get(reverse("correct_case", args=[case.pk])).content.decode()
        assert 'value="P-17"' in page
        assert 'value="1970-05-04"' in page
        typed = {"patient_id": "P-18", "patient_name": "박철수", "priority": "urgent"}
        assert client.post(reverse("correct_case", args=[case.pk]), typed).url == "/uploads/"
        case.refresh_from_db()
        assert (case.patient.name, case.priority) == ("박철수", "urgent")

    def test_a_refusal_keeps_what_was_typed(self, alice, a_case, client_of):
        making.make_patient("P-20", "박철수")
        case = a_case(by=alice)
        typed = {"patient_id": "P-20", "patient_name": "김영희"}
        answer = client_of(alice).post(reverse("correct_case", args=[case.pk]), typed)
        assert answer.status_code == 422
        assert 'value="김영희"' in answer.content.decode()
        assert "another name" in answer.content.decode()

    def test_withdraw_and_restore(self, alice, a_case, client_of):
        case, client = a_case(by=alice), client_of(alice)
        assert client.post(reverse("withdraw_case", args=[case.pk]), {"reason": "x"}).status_code == 422
        client.post(reverse("withdraw_case", args=[case.pk]), {"reason": "wrong patient"})
        case.refresh_from_db()
        assert case.state == "rejected"
        client.post(reverse("restore_case", args=[case.pk]))
        case.refresh_from_db()
        assert case.state == "ready"

    def test_the_way_back_leads_nowhere_else(self, alice, a_case, client_of):
        client = client_of(alice)
        for target, expected in (("/?state=failed", "/?state=failed"), ("https://evil.example/", "/uploads/")):
            answer = client.post(reverse("withdraw_case", args=[a_case().pk]), {"reason": "wrong", "next": target})
            assert answer.url == expected

    @pytest.mark.parametrize("name", ["correct_case", "withdraw_case", "restore_case", "rerun_case"])
    def test_a_case_out_of_sight_is_absent(self, alice, a_case, client_of, name):
        hidden = a_case(minutes_ago=3 * 24 * 60)
        assert client_of(alice).post(reverse(name, args=[hidden.pk]), {"reason": "wrong"}).status_code == 404

    @pytest.mark.parametrize("name", ["correct_case", "withdraw_case", "restore_case"])
    def test_a_reader_corrects_and_withdraws_nothing(self, bob, a_case, client_of, name):
        assert client_of(bob).post(reverse(name, args=[a_case().pk]), {"reason": "wrong"}).status_code == 403

    def test_a_case_in_hand_says_why_not(self, alice, bob, a_case, client_of):
        case = a_case(claimed_by=bob)
        page = client_of(alice).get(reverse("correct_case", args=[case.pk])).content.decode()
        assert "can no longer be corrected" in page
        assert 'name="patient_id"' not in page


def fail(case: Case, code: str) -> None:
    Radiograph.objects.filter(case=case).update(state="failed", failure_code=code)
    Case.objects.filter(pk=case.pk).update(state="failed", failure_code=code)


def retry_in(page: str) -> str:
    return re.search(r'action="(/cases/\d+/rerun/)"', page)[1]


def parts_of(answer) -> set[str]:
    return set(re.findall(r'id="([\w-]+)"[^>]*data-live-part', answer.content.decode()))


def signed_case(case: Case, reader, verdict: str, comment: str) -> Case:
    from cases.reading import services

    case = services.claim(case=case, by=reader)
    services.sign(case=case, by=reader, verdict=verdict, comment=comment, version=case.version)
    case.refresh_from_db()
    return case
