"""Signing, amending and the report by their pages, as a browser without JavaScript sends them."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.urls import reverse

from cases import events
from cases.models import Case, Event, Report
from cases.reading import services
from tests.cases.reading.acts import sign_case, sign_form
from tests.making import PASSWORD, make_patient


@pytest.fixture
def held(a_case, bob):
    return services.claim(case=a_case(patient=make_patient("P-5", "정하윤")), by=bob)


def post(client, name, case, **values):
    return client.post(reverse(name, args=[case.pk]), sign_form(case, **values))


def test_the_read_back_says_patient_picture_verdict_and_text_and_signs_nothing(held, client_of, bob):
    answer = post(client_of(bob), "sign_case", held, step="review", verdict="uncertain", comment="left base?")
    shown = answer.content.decode()
    thumbnail = reverse("thumbnail", args=[held.radiographs.get().pk])
    for words in ("정하윤", "P-5", "uncertain", "left base?", thumbnail, 'name="password"'):
        assert words in shown
    assert not Report.objects.exists()


def test_the_address_of_a_signature_reads_back_no_older_words_and_leads_to_the_case_page(held, client_of, bob):
    services.save_reading(case=held, by=bob, verdict="pneumonia", comment="right", version=held.version)
    answer = client_of(bob).get(reverse("sign_case", args=[held.pk]))
    assert (answer.status_code, answer.url) == (302, reverse("case", args=[held.pk]))


@pytest.mark.parametrize("step", ["report", "next"])
def test_only_a_page_that_says_that_a_signature_was_taken_has_the_kept_words_dropped(
    held, a_case, client_of, bob, step
):
    a_case()
    client, form = client_of(bob), sign_form(held, step=step)
    address, mark = reverse("sign_case", args=[held.pk]), f'data-signed="{bob.pk}:{held.pk}"'
    refused = client.post(address, {**form, "password": "wrong"}, follow=True)
    conflict = client.post(address, {**form, "version": held.version + 1}, follow=True)
    taken = client.post(address, form, follow=True)
    again = client.post(address, form, follow=True)
    later = client.get(reverse("worklist"))
    answers = [refused, conflict, taken, again, later]
    assert [answer.content.decode().count(mark) for answer in answers] == [0, 0, 1, 1, 0]


def test_the_password_signs_and_opens_a_session_in_which_the_next_case_takes_none(held, a_case, client_of, bob):
    client = client_of(bob)
    assert post(client, "sign_case", held).url == reverse("report", args=[held.pk])
    second = services.claim(case=a_case(), by=bob)
    assert post(client, "sign_case", second, password="").url == reverse("report", args=[second.pk])
    assert Report.objects.count() == 2
    assert Event.objects.filter(verb="signing_opened", stream=f"user:{bob.pk}").count() == 1


def test_the_session_ends_after_its_minutes(held, a_case, client_of, bob, monkeypatch):
    from cases.reading import signing

    client, now = client_of(bob), signing.time.time()
    post(client, "sign_case", held)
    second = services.claim(case=a_case(), by=bob)
    monkeypatch.setattr(signing.time, "time", lambda: now + 11 * 60)
    answer = post(client, "sign_case", second, password="")
    assert (answer.status_code, "Enter your password" in answer.content.decode()) == (422, True)
    assert Report.objects.count() == 1


def test_a_wrong_password_signs_nothing_and_keeps_the_text_from_the_log_of_attempts(held, client_of, bob):
    client = client_of(bob)
    answer = post(client, "sign_case", held, password="wrong", comment="kept text")
    assert answer.status_code == 422
    assert "The password is not right." in answer.content.decode()
    assert "kept text" in answer.content.decode()
    assert not Report.objects.exists()
    kept = AccessAttempt.objects.values().get()
    assert "kept text" not in str(kept)
    assert "wrong" not in str(kept)


def test_too_many_wrong_passwords_lock_signing_and_the_text_is_still_there(held, client_of, bob):
    client = client_of(bob)
    for _ in range(5):
        answer = post(client, "sign_case", held, password="wrong", comment="kept text")
    assert "too many wrong passwords" in answer.content.decode()
    locked = post(client, "sign_case", held, comment="kept text")
    assert locked.status_code == 422
    assert "kept text" in locked.content.decode()
    assert not Report.objects.exists()
    saved = client.post(reverse("read_case", args=[held.pk]), sign_form(held, comment="kept text"))
    assert saved.url == reverse("case", args=[held.pk])


def test_the_right_password_forgives_the_wrong_ones_before(held, client_of, bob):
    client = client_of(bob)
    post(client, "sign_case", held, password="wrong")
    post(client, "sign_case", held)
    assert not AccessAttempt.objects.exists()


def test_sign_and_next_opens_the_next_case(held, a_case, client_of, bob):
    waiting = a_case()
    assert post(client_of(bob), "sign_case", held, step="next").url == reverse("case", args=[waiting.pk])
    waiting.refresh_from_db()
    assert waiting.claimed_by == bob


def test_the_same_signature_sent_twice_is_told_that_it_is_done(held, client_of, bob):
    client, form = client_of(bob), sign_form(held)
    address = reverse("sign_case", args=[held.pk])
    client.post(address, form)
    answer = client.post(address, form, follow=True)
    assert "You had signed this already." in answer.content.decode()
    assert Report.objects.count() == 1


def test_a_finding_that_came_in_after_the_signature_is_not_told_to_be_signed(held, client_of, bob):
    client, form = client_of(bob), sign_form(held, verdict="pneumonia", comment="left base")
    address = reverse("sign_case", args=[held.pk])
    client.post(address, form)
    answer = client.post(address, {**form, "findings_pattern": "lobar", "findings_side": "", "findings_zone": ""})
    assert answer.status_code == 409
    assert "You had signed this already." not in answer.content.decode()


def test_who_signs_second_is_told_who_was_first_and_keeps_the_text(held, client_of, bob, carol):
    form = sign_form(held, verdict="pneumonia", comment="typed for ten minutes")
    services.release(case=held, by=None, reason="lease_ended")
    sign_case(held, carol, "normal", "clear")
    answer = client_of(bob).post(reverse("sign_case", args=[held.pk]), form)
    assert answer.status_code == 409
    for words in ("Carol has signed this case", "typed for ten minutes", "clear"):
        assert words in answer.content.decode()


def test_an_amendment_is_written_read_back_and_signed_and_both_versions_stay_readable(held, client_of, bob, carol):
    sign_case(held, bob, "normal", "clear")
    client = client_of(carol)
    page = client.get(reverse("amend_case", args=[held.pk]))
    assert page.context["form"]["comment"].value() == "clear"
    words = {"verdict": "pneumonia", "comment": "left base", "reason": "overlooked"}
    back = post(client, "amend_case", held, step="review", **words)
    assert "Sign this amendment?" in back.content.decode()
    assert post(client, "amend_case", held, **words).url == reverse("report", args=[held.pk])
    shown = client.get(reverse("report", args=[held.pk])).content.decode()
    for report in Report.objects.all():
        assert report.content_sha256 in shown
    for said in ("Version 1", "Version 2", "clear", "left base", "overlooked", "matches the content"):
        assert said in shown


def test_an_amendment_without_a_reason_says_so(held, client_of, bob):
    sign_case(held, bob)
    answer = post(client_of(bob), "amend_case", held, verdict="pneumonia", comment="kept text", reason=" ")
    assert answer.status_code == 422
    assert "Give a reason" in answer.content.decode()
    assert "kept text" in answer.content.decode()


def test_a_radiographer_reads_the_report_and_cannot_change_it(held, client_of, bob, alice):
    sign_case(held, bob, "normal", "clear")
    client = client_of(alice)
    answer = client.get(reverse("report", args=[held.pk]))
    assert "clear" in answer.content.decode()
    assert not answer.context["may_amend"]
    assert client.get(reverse("amend_case", args=[held.pk])).status_code == 403


def test_the_report_page_says_that_a_content_was_changed_behind_its_back(held, client_of, bob):
    report = sign_case(held, bob, "normal", "clear")
    with connection.cursor() as cursor:
        changed = '{"verdict": "pneumonia", "comment": "changed", "patient": {}, "model": [], "pictures": []}'
        cursor.execute("UPDATE cases_report SET content = %s WHERE id = %s", [changed, report.pk])
    shown = client_of(bob).get(reverse("report", args=[held.pk])).content.decode()
    assert "does not match: the content was changed" in shown


def test_no_page_of_a_case_is_kept_by_a_cache_or_runs_inline_code(held, client_of, bob):
    client = client_of(bob)
    sign_case(held, bob)
    for name in ("case", "report", "amend_case"):
        answer = client.get(reverse(name, args=[held.pk]))
        shown = answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        assert "style=" not in shown
        assert "onclick" not in shown
        assert "<script>" not in shown


def test_after_all_of_it_the_chain_of_events_is_whole_and_a_changed_row_is_named(held, a_case, client_of, bob, carol):
    client = client_of(bob)
    client.get(reverse("case", args=[held.pk]))
    client.post(reverse("read_case", args=[held.pk]), sign_form(held))
    post(client, "sign_case", held, step="next")
    other = a_case()
    client.post(reverse("next_case"))
    client.post(reverse("skip_case", args=[other.pk]))
    client.post(reverse("claim_case", args=[other.pk]))
    client.post(reverse("release_case", args=[other.pk]))
    post(client, "amend_case", held, verdict="pneumonia", reason="seen again")
    verbs = set(Event.objects.filter(case__in=[held, other]).values_list("verb", flat=True))
    assert verbs >= {"opened", "claimed", "reading_saved", "signed", "released", "amended"}
    assert list(events.broken_links()) == []

    row = Event.objects.get(case=held, verb="signed")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_event SET actor_id = %s WHERE id = %s", [carol.pk, row.pk])
    assert list(events.broken_links()) == [f"case:{held.pk}: event {row.seq} (row {row.pk}) was changed"]


def test_passwords_are_for_one_person(held, client_of, bob, carol):
    carol.set_password("another long secret")
    carol.save()
    sign_case(held, bob)
    words = {"verdict": "pneumonia", "reason": "seen again", "password": PASSWORD}
    assert post(client_of(carol), "amend_case", held, **words).status_code == 422
    assert Case.objects.get(pk=held.pk).state == "signed"
