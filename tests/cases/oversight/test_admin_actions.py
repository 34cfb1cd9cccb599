"""What administrators do in the admin goes through the services: rights, rules, events."""

from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from cases.models import Activation, Case, Event, ModelVersion, Site, User
from tests import making

CASES, USERS = "admin:cases_case_changelist", "admin:cases_user_changelist"


@pytest.fixture
def browser(dana, client_of):
    return client_of(dana)


def act(browser, where: str, action: str, *rows, **answers):
    """Choose rows and an action, as the list's form does; the page that follows."""
    fields = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in rows], **answers}
    return browser.post(reverse(where), fields, follow=True)


def said(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def last_event(verb: str) -> Event:
    return Event.objects.filter(verb=verb).latest("pk")


def test_run_again_asks_for_a_further_run_and_says_how_many(browser, dana, a_case):
    case = a_case()

    page = act(browser, CASES, "run_again", case)

    case.refresh_from_db()
    assert (case.state, case.radiographs.get().analyses.count()) == ("queued", 2)
    assert last_event("rerun_asked").actor == dana
    assert said(page) == ["Run again: 1"]


def test_a_rule_that_refuses_one_case_is_said_and_the_rest_go_on(browser, a_case):
    good, signed = a_case(), a_case(state="signed")

    page = act(browser, CASES, "run_again", good, signed)

    refused, done = said(page)
    assert refused.startswith(f"{signed.number}: The case has moved on")
    assert done == "Run again: 1"
    signed.refresh_from_db()
    assert signed.state == "signed"


def test_cancel_asks_for_the_reason_first(browser, a_case):
    case = a_case()

    page = act(browser, CASES, "cancel_cases", case)

    case.refresh_from_db()
    assert case.state == "ready"
    assert "Cancel these cases?" in page.content.decode()
    assert case.number in page.content.decode()


@pytest.mark.parametrize("reason", ["", " ", "no"])
def test_cancel_without_a_real_reason_asks_again(browser, a_case, reason):
    case = a_case()

    page = act(browser, CASES, "cancel_cases", case, confirmed="yes", reason=reason)

    case.refresh_from_db()
    assert case.state == "ready"
    assert "errorlist" in page.content.decode()


def test_cancel_with_a_reason_and_requeue(browser, dana, a_case):
    case = a_case()

    act(browser, CASES, "cancel_cases", case, confirmed="yes", reason="sent twice by the modality")
    case.refresh_from_db()
    assert case.state == "cancelled"
    assert last_event("cancelled").details["reason"] == "sent twice by the modality"

    page = act(browser, CASES, "requeue_cases", case)
    case.refresh_from_db()
    assert case.state == "ready"
    assert last_event("requeued").actor == dana
    assert said(page) == ["Back in the line: 1"]


def test_a_claim_is_released_so_that_another_reader_can_take_it(browser, bob, a_case):
    case = a_case(claimed_by=bob)

    act(browser, CASES, "release_claims", case)

    case.refresh_from_db()
    assert (case.state, case.claimed_by) == ("ready", None)
    assert last_event("released").details == {"holder": bob.pk, "reason": "administrator"}


def test_closing_an_account_frees_its_claims_and_ends_its_session(browser, dana, bob, a_case, client_of):
    case, bobs_browser = a_case(claimed_by=bob), client_of(bob)
    assert bobs_browser.get("/accounts/password/").status_code == 200

    page = act(browser, USERS, "disable_users", bob, dana)

    case.refresh_from_db()
    bob.refresh_from_db()
    assert (case.state, bob.is_active) == ("ready", False)
    assert last_event("user_disabled").actor == dana
    assert bobs_browser.get("/accounts/password/").status_code == 302
    assert any("your own account" in sentence for sentence in said(page))
    assert User.objects.get(pk=dana.pk).is_active

    act(browser, USERS, "enable_users", bob)
    bob.refresh_from_db()
    assert bob.is_active
    assert last_event("user_enabled").actor == dana


def test_a_role_is_changed_for_many_but_never_the_own(browser, dana, alice, bob, a_case):
    case = a_case(claimed_by=bob)

    act(browser, USERS, "change_roles", alice, bob, dana, confirmed="yes", role="radiographer")

    assert set(User.objects.values_list("username", "role")) == {
        ("alice", "radiographer"),
        ("bob", "radiographer"),
        ("dana", "administrator"),
    }
    case.refresh_from_db()
    assert case.claimed_by is None
    assert last_event("role_changed").details["new"] == "radiographer"


def test_an_account_is_made_with_role_and_password(browser, dana, client):
    fields = {"username": "frank", "first_name": "Frank", "last_name": "Kim", "email": "", "role": "radiologist"}
    weak = browser.post(reverse("admin:cases_user_add"), {**fields, "password1": "12345", "password2": "12345"})
    assert "too short" in weak.content.decode()
    other = browser.post(reverse("admin:cases_user_add"), {**fields, "password1": "a-sound-word", "password2": "x"})
    assert "The two passwords differ." in other.content.decode()
    assert not User.objects.filter(username="frank").exists()

    browser.post(reverse("admin:cases_user_add"), {**fields, "password1": "a-sound-word", "password2": "a-sound-word"})

    frank = User.objects.get(username="frank")
    assert (frank.role, frank.is_staff, frank.is_superuser) == ("radiologist", False, False)
    log_in = client.post("/accounts/login/", {"username": "frank", "password": "a-sound-word"})
    assert log_in.headers["Location"] == "/"
    assert last_event("user_made").actor == dana


def test_an_account_is_edited_by_the_services_and_in_nothing_else(browser, bob):
    url = reverse("admin:cases_user_change", args=[bob.pk])
    fields = {"first_name": "Robert", "last_name": "Park", "email": "", "role": "radiographer", "is_active": "on"}

    browser.post(url, {**fields, "is_superuser": "on", "is_staff": "on", "username": "root", "password": "x"})

    bob.refresh_from_db()
    assert (bob.first_name, bob.role, bob.username, bob.is_superuser, bob.is_staff) == (
        "Robert",
        "radiographer",
        "bob",
        False,
        False,
    )
    assert bob.check_password(making.PASSWORD)
    assert last_event("user_renamed").details["fields"] == ["first_name", "last_name"]
    assert last_event("role_changed").details["old"] == "radiologist"


def test_the_own_role_is_not_a_field(browser, dana):
    url = reverse("admin:cases_user_change", args=[dana.pk])

    browser.post(url, {"first_name": "Dana", "last_name": "Choi", "email": "", "role": "", "is_active": ""})

    dana.refresh_from_db()
    assert (dana.role, dana.is_active, dana.last_name) == ("administrator", True, "Choi")


def test_a_new_password_ends_the_old_sessions(browser, dana, bob, client_of):
    bobs_browser, url = client_of(bob), reverse("admin:cases_user_password", args=[bob.pk])
    assert "too short" in browser.post(url, {"new_password1": "abc", "new_password2": "abc"}).content.decode()

    browser.post(url, {"new_password1": "quite-another-one", "new_password2": "quite-another-one"})

    bob.refresh_from_db()
    assert bob.check_password("quite-another-one")
    assert bobs_browser.get("/accounts/password/").status_code == 302
    assert last_event("password_set").actor == dana
    assert (
        browser.get(reverse("admin:cases_user_password", args=[dana.pk])).headers["Location"] == "/accounts/password/"
    )


def test_somebody_who_was_locked_out_is_let_in(browser, bob, client):
    for _ in range(5):
        client.post("/accounts/login/", {"username": "bob", "password": "wrong"})
    right = {"username": "bob", "password": making.PASSWORD}
    assert client.post("/accounts/login/", right).status_code == 429

    act(browser, USERS, "unlock_users", bob)

    assert client.post("/accounts/login/", right).status_code == 302


def test_activation_asks_for_reason_and_thresholds(browser, dana, model_version):
    newer = making.make_model("1.1", active=False)
    url = reverse("admin:cases_modelversion_activate", args=[newer.pk])
    page = browser.get(url).content.decode()
    assert "Now pneumonia 1.0 runs" in page
    assert "proposes the thresholds 0.3 and 0.7" in page

    crossed = browser.post(url, {"reason": "better", "sensitive": "0.8", "specific": "0.2"})
    assert "sensitive threshold must be above 0" in crossed.content.decode()
    assert "errorlist" in browser.post(url, {"reason": "", "sensitive": "0.2", "specific": "0.8"}).content.decode()
    assert not ModelVersion.objects.get(pk=newer.pk).active

    browser.post(url, {"reason": "measured here in May", "sensitive": "0.2", "specific": "0.8"})

    assert ModelVersion.objects.get(active=True) == newer
    activation = Activation.objects.latest("pk")
    assert (activation.by, activation.thresholds) == (dana, {"sensitive": 0.2, "specific": 0.8})
    assert last_event("model_activated").details["reason"] == "measured here in May"


def test_policies_are_changed_through_the_service(browser, dana, a_case):
    case = a_case(probability=0.9)
    other = making.make_model("3.0", name="other")
    making.make_analysis(case.radiographs.get(), 0.2, model=other)
    site = Site.current()
    url = reverse("admin:cases_site_change", args=[site.pk])
    fields = {"name": "Chest clinic", "primary_model": "other", "lease_minutes": "20", "signing_minutes": "10"}
    fields |= {"blind_first": "off", "blind_percent": "10", "second_percent": "10"}

    assert "errorlist" in browser.post(url, {**fields, "lease_minutes": "0"}).content.decode()
    browser.post(url, fields)

    site.refresh_from_db()
    case.refresh_from_db()
    assert (site.name, site.lease_minutes) == ("Chest clinic", 20)
    assert case.top_probability == 0.2
    assert last_event("policies_changed").details["changes"]["lease_minutes"] == {"old": 15, "new": 20}


@pytest.mark.parametrize("who", ["alice", "bob", "mallory"])
def test_other_roles_can_not_act(who, request, client_of, a_case, model_version):
    user, case = request.getfixturevalue(who), a_case()
    browser = client_of(user)
    victim = making.make_person("victim", "radiologist")

    answers = [
        act(browser, CASES, "cancel_cases", case, confirmed="yes", reason="because I can"),
        act(browser, USERS, "change_roles", user, confirmed="yes", role="administrator"),
        browser.post(reverse("admin:cases_user_password", args=[victim.pk]), {"new_password1": "x" * 12}),
        browser.post(reverse("admin:cases_modelversion_activate", args=[model_version.pk]), {"reason": "mine"}),
        browser.post(reverse("admin:cases_user_add"), {"username": "root"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert Case.objects.get().state == "ready"
    assert User.objects.get(pk=user.pk).role == user.role


def test_actions_need_the_token_against_forgery(dana, a_case):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(dana, backend="django.contrib.auth.backends.ModelBackend")

    assert act(browser, CASES, "run_again", a_case()).status_code == 403
