"""A second reading that nobody will do: an administrator closes it, with a reason, and what is signed stays."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.models import Case, Event, SecondReading
from cases.reading import services
from cases.rules import RuleBroken
from cases.second.services import close, store_second, take

pytestmark = pytest.mark.usefixtures("every_case_is_drawn")
WHY = "both other readers are on leave"


@pytest.fixture
def drawn(a_case, bob) -> Case:
    """Signed by bob against the model."""
    case = services.claim(case=a_case(probability=0.05), by=bob)
    services.sign(case=case, by=bob, version=case.version, verdict="pneumonia", comment="left base")
    case.refresh_from_db()
    return case


@pytest.fixture
def for_a_third(drawn, carol) -> Case:
    store_second(case=drawn, by=carol, verdict="normal", comment="rotated")
    drawn.refresh_from_db()
    return drawn


def act(browser, case: Case, **answer: str):
    chosen = {"action": "close_readings", "_selected_action": [SecondReading.objects.get(case=case).pk]}
    return browser.post(reverse("admin:cases_secondreading_changelist"), {**chosen, **answer}, follow=True)


@pytest.mark.parametrize(("name", "stage"), [("drawn", "second"), ("for_a_third", "third")])
def test_closed_it_waits_for_nobody_and_keeps_nothing_back(request, name, stage, dana, erin, client_of):
    case = request.getfixturevalue(name)
    page = client_of(erin).get(reverse("case", args=[case.pk])).content.decode()
    assert "left base" not in page

    row = close(case=case, by=dana, reason=f" {WHY} ")

    case.refresh_from_db()
    assert (row.state, case.kept_back, case.verdict, case.state) == ("closed", "", "pneumonia", "signed")
    assert row.done_at is not None
    event = Event.objects.get(verb="second_closed")
    assert (event.actor, event.details["stage"], event.details["reason"]) == (dana, stage, WHY)
    page = client_of(erin).get(reverse("case", args=[case.pk])).content.decode()
    assert "left base" in page
    assert "closed the second reading: nobody will do it" in page
    assert WHY in page


def test_nobody_reads_it_anew_after_that_and_it_is_closed_once(drawn, dana, carol):
    close(case=drawn, by=dana, reason=WHY)

    for act_again in (
        lambda: take(case=drawn, by=carol),
        lambda: store_second(case=drawn, by=carol, verdict="normal", comment=""),
        lambda: close(case=drawn, by=dana, reason=WHY),
    ):
        with pytest.raises(RuleBroken) as refused:
            act_again()
        assert refused.value.code == "wrong_state"


def test_what_a_reader_has_in_hand_is_not_closed(drawn, dana, carol):
    take(case=drawn, by=carol)

    with pytest.raises(RuleBroken) as refused:
        close(case=drawn, by=dana, reason=WHY)

    assert refused.value.code == "second_taken"


@pytest.mark.parametrize(("who", "reason", "code"), [("bob", WHY, "not_your_role"), ("dana", " ", "reason_missing")])
def test_it_takes_an_administrator_and_a_reason(request, drawn, who, reason, code):
    with pytest.raises(RuleBroken) as refused:
        close(case=drawn, by=request.getfixturevalue(who), reason=reason)

    assert refused.value.code == code
    assert SecondReading.objects.get().state == "second"


def test_the_admin_asks_for_the_reason_and_then_closes(drawn, dana, client_of):
    browser = client_of(dana)

    asked = act(browser, drawn).content.decode()
    assert "Close these second readings?" in asked
    assert drawn.number in asked
    assert SecondReading.objects.get().state == "second"
    done = act(browser, drawn, confirmed="yes", reason=WHY)

    assert SecondReading.objects.get().state == "closed"
    assert "Closed: 1" in done.content.decode()


def test_a_reader_can_not_close_it(drawn, carol, client_of):
    assert act(client_of(carol), drawn, confirmed="yes", reason=WHY).status_code == 403
    assert SecondReading.objects.get().state == "second"
