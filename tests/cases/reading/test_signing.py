"""Saving, signing and amending by the services: what is kept, what is refused, what can't be changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from cases.models import Analysis, Event, Reading, Report
from cases.models.events import ChangeRefused
from cases.reading import services
from cases.reading.content import content_sha256
from cases.reading.services import Conflict
from cases.rules import RuleBroken
from tests.cases.reading.acts import sign_case


@pytest.fixture
def held(a_case, bob):
    """A case that bob has in hand."""
    return services.claim(case=a_case(), by=bob)


def save(case, by, verdict="normal", comment="", version=None):
    return services.save_reading(
        case=case, by=by, verdict=verdict, comment=comment, version=case.version if version is None else version
    )


def test_a_saved_reading_stands_beside_the_answer_of_the_model(held, bob):
    answer = Analysis.objects.filter(pk=held.top_analysis_id)
    before = answer.values().get()
    reading = save(held, bob, "pneumonia", " consolidation, right base \n")
    held.refresh_from_db()
    assert (held.state, held.claimed_by) == ("read", bob)
    assert (reading.comment, reading.shown_analysis) == ("consolidation, right base", held.top_analysis)
    assert answer.values().get() == before


def test_another_saved_reading_is_another_row(held, bob):
    save(held, bob, "normal")
    held.refresh_from_db()
    save(held, bob, "pneumonia")
    assert list(held.readings.values_list("verdict", flat=True)) == ["pneumonia", "normal"]


def test_the_same_words_saved_twice_are_one_reading(held, bob):
    first = save(held, bob, "normal", "clear", version=held.version)
    assert save(held, bob, "normal", "clear", version=held.version) == first
    assert Event.objects.filter(case=held, verb="reading_saved").count() == 1


def test_a_save_from_an_old_page_is_a_conflict_and_writes_nothing(held, bob):
    stale = held.version
    save(held, bob, "normal")
    with pytest.raises(Conflict) as conflict:
        save(held, bob, "pneumonia", version=stale)
    assert conflict.value.who == bob
    assert held.readings.count() == 1


def test_after_the_claim_has_ended_nobody_is_named(held, bob):
    services.release(case=held, by=None, reason="lease_ended")
    with pytest.raises(Conflict) as conflict:
        save(held, bob)
    assert conflict.value.who is None


def test_a_case_in_other_hands_is_not_written_to(held, carol):
    for act in (services.save_reading, services.sign):
        with pytest.raises(Conflict) as conflict:
            act(case=held, by=carol, verdict="normal", comment="", version=held.version)
        assert conflict.value.who.username == "bob"
    assert not Reading.objects.exists()


@pytest.mark.parametrize("person", ["alice", "dana", "mallory"])
def test_nobody_else_saves_signs_or_amends(held, person, request, bob):
    user = request.getfixturevalue(person)
    words = {"verdict": "normal", "comment": "", "version": held.version}
    for act, more in ((services.save_reading, {}), (services.sign, {}), (services.amend, {"reason": "a reason"})):
        with pytest.raises(RuleBroken, match="not_your_role"):
            act(case=held, by=user, **words, **more)
    assert not Reading.objects.exists()


def test_a_case_that_nobody_took_is_not_signed(a_case, bob):
    case = a_case()
    with pytest.raises(RuleBroken, match="wrong_state"):
        services.sign(case=case, by=bob, verdict="normal", comment="", version=case.version)


@pytest.mark.parametrize(("verdict", "comment"), [("", "text"), ("maybe", ""), ("uncertain", " ")])
def test_an_incomplete_reading_is_not_signed(held, bob, verdict, comment):
    with pytest.raises(RuleBroken):
        services.sign(case=held, by=bob, verdict=verdict, comment=comment, version=held.version)
    held.refresh_from_db()
    assert held.state == "claimed"


def test_a_signature_freezes_patient_pictures_verdict_and_what_the_model_said(a_case, bob):
    from tests.making import make_patient

    case = a_case(patient=make_patient("P-7", "이하늘"), clinical_question="fever?")
    report = sign_case(case, bob, "pneumonia", "left lower lobe")
    content = report.content
    assert content["patient"]["name"] == "이하늘"
    assert content["pictures"] == list(case.radiographs.values("original_sha256", "pixel_sha256"))
    assert (content["verdict"], content["comment"]) == ("pneumonia", "left lower lobe")
    said = content["model"][0]
    assert (said["model"], said["probability"], said["band"]) == ("pneumonia 1.0", 0.91, "likely")
    assert said["thresholds"] == {"sensitive": 0.3, "specific": 0.7}
    assert report.content_sha256 == content_sha256(content)
    case.refresh_from_db()
    assert (case.state, case.claimed_by, case.lease_until) == ("signed", None, None)


def test_a_signed_case_tells_the_next_signer_who_was_first(a_case, bob, carol):
    case = a_case()
    sign_case(case, bob)
    with pytest.raises(Conflict) as conflict:
        services.sign(case=case, by=carol, verdict="pneumonia", comment="", version=case.version)
    assert conflict.value.who == bob
    assert Report.objects.count() == 1


def test_a_signed_report_is_not_changed_by_any_ordinary_call(a_case, bob):
    report = sign_case(a_case(), bob)
    report.content = {}
    rows = Report.objects.filter(pk=report.pk)
    for act in (
        report.save,
        report.delete,
        lambda: rows.update(content={}),
        lambda: rows.delete(),
        lambda: Report.objects.bulk_update([report], ["content"]),
    ):
        with pytest.raises(ChangeRefused):
            act()
    assert rows.get().content["verdict"] == "normal"


def test_what_a_report_stands_on_is_not_deleted(a_case, bob):
    from django.db.models import ProtectedError

    report = sign_case(a_case(), bob)
    for row in (report.reading, report.case, bob):
        with pytest.raises(ProtectedError):
            row.delete()


def test_an_amendment_is_a_new_version_with_a_reason_and_the_old_one_stays(a_case, bob, carol):
    case = a_case()
    first = sign_case(case, bob, "normal", "clear")
    case.refresh_from_db()
    second = services.amend(
        case=case, by=carol, verdict="pneumonia", comment="overlooked", reason=" seen again ", version=case.version
    )
    first.refresh_from_db()
    assert (first.version, first.content["verdict"]) == (1, "normal")
    assert (second.version, second.reason, second.signed_by) == (2, "seen again", carol)
    assert first.content_sha256 != second.content_sha256
    case.refresh_from_db()
    assert case.state == "amended"


def test_an_amendment_from_an_old_page_tells_who_signed_last(a_case, bob, carol):
    case = a_case()
    sign_case(case, bob)
    case.refresh_from_db()
    stale = case.version
    words = {"verdict": "pneumonia", "comment": "", "reason": "seen again"}
    services.amend(case=case, by=carol, version=stale, **words)
    with pytest.raises(Conflict) as conflict:
        services.amend(case=case, by=bob, version=stale, **words)
    assert conflict.value.who == carol


@pytest.mark.parametrize("reason", ["", "  ", "ab"])
def test_an_amendment_without_a_reason_is_refused(a_case, bob, reason):
    case = a_case()
    sign_case(case, bob)
    case.refresh_from_db()
    with pytest.raises(RuleBroken, match="reason_missing"):
        services.amend(case=case, by=bob, verdict="normal", comment="", reason=reason, version=case.version)
    assert Report.objects.count() == 1


def test_the_database_refuses_an_amendment_without_a_reason(a_case, bob):
    report = sign_case(a_case(), bob)
    reading = Reading.objects.create(case=report.case, reader=bob, verdict="normal")
    with pytest.raises(IntegrityError), transaction.atomic():
        Report(case=report.case, version=2, reading=reading, signed_by=bob, content={}, content_sha256="0" * 64).save()
