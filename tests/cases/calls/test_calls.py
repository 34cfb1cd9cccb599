"""The call log of critical results: six fields, a reminder until they are there, frozen into report and passport."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pypdf
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from cases.calls import services
from cases.models import Case, CriticalResult, Event
from cases.reading.services import claim
from cases.reading.services import sign as sign_report
from cases.reports.checking import BROKEN, check_file
from cases.reports.passport import passport_file
from cases.reports.seals import broken_seals
from cases.rules import RuleBroken
from tests.cases.reading.acts import sign_case

FULL = {"called_by": "Bob", "received_by": "이수진 간호사", "how": "phone"}


@pytest.fixture
def found_at():
    return timezone.now() - timedelta(minutes=20)


@pytest.fixture
def held(a_case, bob) -> Case:
    return claim(case=a_case(), by=bob)


@pytest.fixture
def call(held, bob, found_at) -> CriticalResult:
    """Open."""
    return services.open_call(case=held, by=bob, finding=" tension pneumothorax, left ", found_at=found_at)


def complete(call: CriticalResult, by, **values) -> CriticalResult:
    return services.note_call(call=call, by=by, received_at=timezone.now(), **{**FULL, **values})


def typed(call: CriticalResult, **values: str) -> dict[str, str]:
    """What the form of a call posts."""
    return {f"call-{call.pk}-{name}": value for name, value in values.items()}


# ---- the log ----


def test_a_call_is_complete_with_all_six_fields_and_not_before(call, bob):
    assert (call.state, call.finding) == ("open", "tension pneumothorax, left")
    part = services.note_call(call=call, by=bob, called_by="Bob", received_by="", received_at=None, how="")
    assert (part.state, part.missing) == ("open", ["received_by", "received_at", "how"])
    whole = complete(part, bob)
    assert (whole.state, whole.missing) == ("complete", [])
    verbs = ["critical_opened", "critical_noted", "critical_completed"]
    assert (
        list(Event.objects.filter(case=call.case, verb__startswith="critical").values_list("verb", flat=True)) == verbs
    )


def test_a_complete_call_is_not_changed(call, bob):
    complete(call, bob)
    for act in (
        lambda: complete(call, bob, received_by="x"),
        lambda: services.withdraw_call(call=call, by=bob, reason="no"),
    ):
        with pytest.raises(RuleBroken):
            act()
    call.refresh_from_db()
    assert (call.state, call.received_by) == ("complete", "이수진 간호사")


def test_the_database_refuses_a_complete_call_with_a_field_missing(call):
    with pytest.raises(IntegrityError), transaction.atomic():
        CriticalResult.objects.filter(pk=call.pk).update(state="complete")


def test_what_was_found_or_received_in_the_future_or_the_wrong_order_is_refused(held, call, bob, found_at):
    later = timezone.now() + timedelta(hours=1)
    with pytest.raises(RuleBroken, match="call_times"):
        services.open_call(case=held, by=bob, finding="free air", found_at=later)
    for received_at in (later, found_at - timedelta(minutes=1)):
        with pytest.raises(RuleBroken, match="call_times"):
            services.note_call(call=call, by=bob, received_at=received_at, **FULL)


def test_only_a_reader_opens_a_call_and_an_administrator_may_complete_it(held, call, alice, dana, carol, found_at):
    for user, code in ((alice, "not_your_role"), (dana, "not_your_role"), (carol, "not_your_case")):
        with pytest.raises(RuleBroken, match=code):
            services.open_call(case=held, by=user, finding="free air", found_at=found_at)
    with pytest.raises(RuleBroken, match="not_your_role"):
        complete(call, alice)
    assert complete(call, dana).state == "complete"


def test_a_call_without_a_finding_is_refused(held, bob, found_at):
    with pytest.raises(RuleBroken, match="finding_missing"):
        services.open_call(case=held, by=bob, finding=" x ", found_at=found_at)


def test_a_call_opened_by_mistake_is_withdrawn_with_a_reason_and_stays(call, bob):
    with pytest.raises(RuleBroken, match="reason_missing"):
        services.withdraw_call(call=call, by=bob, reason="")
    services.withdraw_call(call=call, by=bob, reason="another patient")
    assert CriticalResult.objects.get().withdrawn_reason == "another patient"
    assert not CriticalResult.objects.nagging(bob).exists()


def test_events_of_a_call_name_nobody(call, bob):
    complete(call, bob)
    said = json.dumps(list(Event.objects.values_list("details", flat=True)), ensure_ascii=False)
    assert "이수진" not in said
    assert "pneumothorax" not in said


# ---- it nags ----


def test_its_reader_and_administrators_are_reminded_on_every_page_until_it_is_complete(
    call, client_of, bob, carol, dana, alice
):
    def nags(user) -> bool:
        return reverse("open_calls") in client_of(user).get(reverse("worklist")).content.decode()

    assert [nags(user) for user in (bob, dana, carol, alice)] == [True, True, False, False]
    complete(call, bob)
    assert not any(nags(user) for user in (bob, dana))


def test_the_case_page_says_it_until_it_is_complete(call, held, client_of, bob):
    sentence = "Critical result: the call is not complete"
    client, address = client_of(bob), reverse("case", args=[held.pk])
    assert sentence in client.get(address).content.decode()
    complete(call, bob)
    page = client.get(address).content.decode()
    assert sentence not in page
    assert "1 critical result" in page


def test_the_list_of_open_calls_is_each_persons_own(call, client_of, bob, carol, dana):
    shown = {user.username: client_of(user).get(reverse("open_calls")).content.decode() for user in (bob, carol, dana)}
    assert [call.finding in shown[name] for name in ("bob", "carol", "dana")] == [True, False, True]


# ---- the pages ----


def test_a_call_is_opened_and_completed_by_its_page(held, client_of, bob):
    client, address = client_of(bob), reverse("calls", args=[held.pk])
    page = client.get(address).content.decode()
    now = re.search(r'name="found_at" value="([^"]+)"', page)[1]
    assert client.post(address, {"finding": "free air", "found_at": now}).url == address
    call = CriticalResult.objects.get()
    assert 'value="Bob"' in client.get(address).content.decode()
    note = reverse("note_call", args=[held.pk, call.pk])
    client.post(note, typed(call, called_by="Bob"))
    client.post(note, typed(call, called_by="Bob", received_by="Dr Lee", received_at=now, how="in_person"))
    call.refresh_from_db()
    assert (call.state, call.received_by, call.how) == ("complete", "Dr Lee", "in_person")
    assert "Dr Lee" in client.get(address).content.decode()


def test_what_was_typed_comes_back_with_the_reason(call, held, client_of, bob):
    client = client_of(bob)
    answer = client.post(reverse("calls", args=[held.pk]), {"finding": "x", "found_at": "2026-01-02T10:00"})
    assert answer.status_code == 422
    assert "Say in at least three characters what was found." in answer.content.decode().replace("&#x27;", "'")
    values = typed(call, called_by="Somebody", received_by="", received_at="2001-01-01T10:00", how="")
    answer = client.post(reverse("note_call", args=[held.pk, call.pk]), values)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "neither lies in the future" in page
    assert 'value="Somebody"' in page


def test_a_call_of_another_case_is_not_found(call, a_case, client_of, bob):
    other = a_case()
    assert client_of(bob).post(reverse("note_call", args=[other.pk, call.pk])).status_code == 404


# ---- in the report, the passport and the chain ----


def test_a_complete_call_is_frozen_into_report_and_passport(held, call, bob):
    complete(call, bob)
    report = sign_report(case=held, by=bob, verdict="normal", comment="", version=held.version)
    said = report.content["critical_results"][0]
    assert (said["finding"], said["received_by"], said["how"]) == (call.finding, "이수진 간호사", "phone")
    assert json.loads(report.passport)["critical_results"][0]["state"] == "complete"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_criticalresult SET received_by = 'somebody else'")
    broken = [line.what for line in check_file(passport_file(report)) if line.verdict == BROKEN]
    assert broken == [f"critical result {call.pk}"]


def test_a_call_completed_after_the_signature_changes_no_signed_word_and_is_shown(held, call, bob, client_of):
    report = sign_report(case=held, by=bob, verdict="normal", comment="", version=held.version)
    before = passport_file(report)
    complete(call, bob)
    assert passport_file(report) == before
    assert BROKEN not in {line.verdict for line in check_file(before)}
    client = client_of(bob)
    page = client.get(reverse("report", args=[held.pk])).content.decode()
    pdf = pypdf.PdfReader(io.BytesIO(client.get(reverse("report_pdf", args=[held.pk, 1])).content))
    paper = "".join("".join(sheet.extract_text().split()) for sheet in pdf.pages)
    assert "after the signature: Bob told 이수진 간호사" in page
    assert "afterthesignature:Bobtold이수진간호사" in paper


def test_a_finding_after_the_signature_stands_on_the_report_page_too(a_case, bob, client_of, found_at):
    case = sign_case(a_case(), bob).case
    services.open_call(case=Case.objects.get(pk=case.pk), by=bob, finding="free air", found_at=found_at)
    with translation.override("en"):
        page = client_of(bob).get(reverse("report", args=[case.pk])).content.decode()
    assert "Critical result, found after the signature" in page
    assert "free air" in page


@pytest.mark.parametrize("column", ["finding", "called_by", "received_by", "how"])
def test_a_changed_byte_of_a_complete_call_is_found_by_verify_events(call, bob, column):
    complete(call, bob)
    assert list(broken_seals()) == []
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_criticalresult SET {column} = 'other'")
    assert list(broken_seals()) == [f"{call.case.number}: critical result {call.pk}: it is not what its event sealed"]
