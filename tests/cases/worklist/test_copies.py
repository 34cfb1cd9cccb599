"""What a list sorts by is copied into the case's row; whatever changes, the copy says what its source says."""

from __future__ import annotations

from datetime import date

import pytest

from cases import analysis
from cases.blind.services import store_opinion
from cases.intake.details import UploadDetails
from cases.intake.services import correct_patient
from cases.models import Case, Site
from cases.models.listed import COPIES, NOTES, PHANTOM, QUESTION, SEVERAL, copies_of, copy_again
from cases.reading import services
from cases.second.services import adjudicate, store_second
from tests import making
from tests.cases.reading.acts import sign_case


def stored(case: Case) -> dict:
    """The copies in the database, which must be what their sources say."""
    fresh = Case.objects.get(pk=case.pk)
    kept = {name: getattr(fresh, name) for name in COPIES}
    assert kept == copies_of(fresh, COPIES)
    return kept


def test_a_new_case_has_them_all(a_case, model_version):
    kim = making.make_patient("P-17", "김영희", born=date(1970, 5, 4))
    case = a_case(patient=kim, study_date=date(2025, 5, 3), clinical_question="Fever?", kind="phantom")
    assert stored(case) == {
        "patient_order": "김영희 P-17",
        "sex": "F",
        "age_months": 54 * 12 + 11,
        "reader_name": "",
        "verdict": "",
        "kept_back": "",
        "model_version": model_version,
        "flags": QUESTION | PHANTOM,
    }


def test_a_reader_is_there_while_the_case_is_in_hand(a_case, bob):
    case = services.claim(case=a_case(), by=bob)
    assert stored(case)["reader_name"] == "bob"
    services.release(case=case, by=bob)
    assert stored(case)["reader_name"] == ""


def test_who_signed_last_stays_with_the_verdict(a_case, bob, carol):
    case = a_case()
    sign_case(case, bob, "normal")
    assert (stored(case)["reader_name"], stored(case)["verdict"]) == ("bob", "normal")
    case.refresh_from_db()
    services.amend(
        case=case, by=carol, verdict="pneumonia", comment="", reason="seen on the lateral view", version=case.version
    )
    assert (stored(case)["reader_name"], stored(case)["verdict"]) == ("carol", "pneumonia")


def test_a_corrected_patient_changes_all_cases_of_hers(a_case, alice):
    kim = making.make_patient("P-17", "김영희")
    case, other = a_case(patient=kim, by=alice), a_case(patient=kim, state="signed")
    details = UploadDetails(patient_id="P-17", patient_name="Kim^Younghee", sex="F", birth_date=date(2000, 1, 1))
    correct_patient(case=case, by=alice, details=details)
    for one in (case, other):
        assert stored(one)["patient_order"] == "Kim^Younghee P-17"
        assert stored(one)["age_months"] < 30 * 12


def test_pictures_and_their_notes_are_flags_once_the_case_has_settled(a_case):
    case = a_case(state="scoring")
    first = case.radiographs.get()
    making._mark_read(first, b"data")
    first.state, first.notes = "read", ["age_unknown"]
    first.save()
    making.make_analysis(first, 0.5)
    analysis.settle(case)
    assert stored(case)["flags"] == NOTES
    first.pk, first.original_sha256 = None, "0" * 64
    first.save()
    copy_again(case)
    assert stored(case)["flags"] == NOTES | SEVERAL


@pytest.mark.parametrize(("stated", "months"), [("018M", 18), ("045Y", 540), ("", None)])
def test_without_a_date_of_birth_the_header_says_how_old(a_case, stated, months):
    case = a_case()
    case.radiographs.update(tags={"PatientAge": stated})
    copy_again(case)
    assert stored(case)["age_months"] == months


def test_saving_one_field_does_not_bring_back_an_older_copy(a_case, bob):
    case = a_case()
    stale = Case.objects.get(pk=case.pk)
    services.claim(case=case, by=bob)
    stale.study_description = "CHEST"
    stale.save(update_fields=["study_description"])
    assert stored(case)["reader_name"] == "bob"


def test_what_is_kept_back_follows_the_signature(a_case, bob, carol, erin):
    Site.objects.update_or_create(pk=1, defaults={"second_reading": True})
    case = a_case(probability=None, state="ready", read_blind=True)
    assert stored(case)["kept_back"] == "first"

    making.make_analysis(case.radiographs.get(), 0.95)
    case = services.claim(case=case, by=bob)
    store_opinion(case=case, by=bob, verdict="normal", comment="", version=case.version)
    case.refresh_from_db()
    services.sign(case=case, by=bob, verdict="normal", comment="", version=case.version)
    assert stored(case)["kept_back"] == "second"

    store_second(case=case, by=carol, verdict="pneumonia", comment="")
    assert stored(case)["kept_back"] == "third"

    case.refresh_from_db()
    adjudicate(case=case, by=erin, verdict="pneumonia", comment="", reason="a focus", version=case.version)
    assert stored(case)["kept_back"] == ""
