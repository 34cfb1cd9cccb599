"""One further reading after another: the next one by a key, given back by a key, taken over by an administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Event, SecondReading
from cases.reading import services
from cases.rules import RuleBroken
from cases.second.services import close, release, store_second, take, take_next
from tests.cases.reading.acts import at_once, sign_case

LIST = "/?state=signed&second=1"
pytestmark = pytest.mark.usefixtures("every_case_is_drawn")


@pytest.fixture
def drawn(a_case, bob) -> list[Case]:
    """Three normals that bob signed, the first drawn last."""
    found = [a_case(probability=0.05) for _ in range(3)]
    for case in found:
        sign_case(case, bob, "normal", "clear lungs")
    SecondReading.objects.filter(case=found[0]).update(drawn_at=timezone.now() + timedelta(hours=1))
    return found


def row_of(case: Case) -> SecondReading:
    return SecondReading.objects.get(case=case)


def post(browser: Any, name: str, *args: Any, **said: Any) -> Any:
    return browser.post(reverse(name, args=args), said)


# ---- the next one ----


def test_the_next_one_is_what_waits_longest_and_nobody_has(drawn, carol, erin):
    first, second, third = drawn
    assert [take_next(by=reader).case for reader in (carol, erin, carol)] == [second, third, first]
    assert take_next(by=erin) is None


def test_a_claim_that_has_ended_keeps_nothing_from_the_next_reader(drawn, carol, erin):
    for case in drawn:
        take(case=case, by=carol)
    SecondReading.objects.filter(case=drawn[1]).update(lease_until=timezone.now() - timedelta(minutes=1))

    assert take_next(by=erin).case == drawn[1]
    assert row_of(drawn[1]).claimed_by == erin


def test_the_next_one_is_never_ones_own(drawn, bob, carol, erin):
    assert take_next(by=bob) is None
    for case in drawn:
        store_second(case=case, by=carol, verdict="pneumonia", comment="")
    assert take_next(by=carol) is None
    assert take_next(by=erin).state == "third"


def test_nor_one_of_which_this_reader_has_saved_something(a_case, bob, carol):
    case = services.claim(case=a_case(probability=0.95), by=carol)
    services.save_reading(case=case, by=carol, verdict="pneumonia", comment="", version=case.version)
    services.release(case=Case.objects.get(pk=case.pk), by=carol)
    sign_case(case, bob, "normal")

    assert take_next(by=carol) is None


def test_only_readers_take_the_next_one(drawn, alice, dana):
    for user in (alice, dana):
        with pytest.raises(RuleBroken, match="not_your_role"):
            take_next(by=user)


def test_one_key_leads_from_a_stored_reading_to_the_next_one(drawn, carol, client_of):
    browser = client_of(carol)
    at_next = f'action="{reverse("next_second")}"'
    assert at_next not in browser.get("/").content.decode()
    for case in (drawn[1], drawn[2], drawn[0]):
        page = browser.get(LIST).content.decode()
        assert at_next in page
        assert f'action="{reverse("next_case")}"' not in page
        assert post(browser, "next_second").headers["Location"] == reverse("case", args=[case.pk])
        assert at_next in browser.get(reverse("case", args=[case.pk])).content.decode()
        assert post(browser, "store_second", case.pk, verdict="normal").headers["Location"] == LIST

    nothing = browser.post(reverse("next_second"), follow=True)
    assert "No further reading waits for you." in nothing.content.decode()


# ---- given back ----


def test_its_reader_gives_it_back_without_a_word(drawn, carol, erin, client_of):
    take(case=drawn[1], by=carol)
    page = client_of(carol).get(reverse("case", args=[drawn[1].pk])).content.decode()
    assert reverse("release_second", args=[drawn[1].pk]) in page

    answer = post(client_of(carol), "release_second", drawn[1].pk)

    row = row_of(drawn[1])
    assert (answer.headers["Location"], row.state, row.claimed_by, row.lease_until) == (LIST, "second", None, None)
    event = Event.objects.get(verb="second_released")
    assert (event.actor, event.details["reason"], event.details["stage"]) == (carol, "released", "second")
    assert take(case=drawn[1], by=erin).claimed_by == erin


def test_an_administrator_takes_it_from_its_reader(drawn, carol, dana, client_of):
    take(case=drawn[1], by=carol)
    browser = client_of(dana)
    page = browser.get(reverse("case", args=[drawn[1].pk])).content.decode()
    assert "Carol has it until" in page
    assert "Take it from its reader" in page

    post(browser, "release_second", drawn[1].pk)

    assert row_of(drawn[1]).claimed_by is None
    event = Event.objects.get(verb="second_released")
    assert (event.actor, event.details["reason"], event.details["holder"]) == (dana, "taken_over", carol.pk)
    page = browser.get(reverse("case", args=[drawn[1].pk])).content.decode()
    assert "Take it from its reader" not in page
    assert "taken over from its reader" in page
    assert close(case=drawn[1], by=dana, reason="nobody is there").state == "closed"


@pytest.mark.parametrize(("who", "held", "code"), [("erin", True, "not_your_case"), ("alice", True, "not_your_role")])
def test_nobody_else_gives_it_back(request, drawn, carol, who, held, code):
    take(case=drawn[1], by=carol)
    with pytest.raises(RuleBroken, match=code):
        release(case=drawn[1], by=request.getfixturevalue(who))


def test_what_nobody_has_is_not_given_back(drawn, carol, dana):
    for user in (carol, dana):
        with pytest.raises(RuleBroken, match="wrong_state"):
            release(case=drawn[1], by=user)


# ---- the list ----


def line_of(browser: Any, case: Case, query: str = LIST) -> str:
    page: str = browser.get(query).content.decode()
    return page.split(f'<tr id="case-{case.pk}"', 1)[1].split("</tr>", 1)[0] if f'"case-{case.pk}"' in page else ""


def test_the_list_tells_which_reading_it_is_and_who_has_it(drawn, carol, erin, client_of):
    browser = client_of(erin)
    assert "second reading" in line_of(browser, drawn[1])
    for kept_back in ("Bob", "bob", "Carol", "clear lungs", "0.05"):
        assert kept_back not in line_of(browser, drawn[1]), kept_back

    take(case=drawn[1], by=carol)
    assert "Carol" in line_of(browser, drawn[1])
    assert "<b>me</b>" in line_of(client_of(carol), drawn[1])
    store_second(case=drawn[1], by=carol, verdict="pneumonia", comment="")

    line = line_of(browser, drawn[1])
    assert "third reading" in line
    for kept_back in ("Bob", "bob", "Carol", "clear lungs"):
        assert kept_back not in line, kept_back


def test_mine_are_also_those_that_i_have_in_hand_for_a_further_reading(drawn, carol, erin, client_of):
    take(case=drawn[1], by=carol)

    counts = {}
    for user in (carol, erin):
        views = client_of(user).get("/").context["views"]
        counts[user.username] = next(view.count for view in views if view.code == "mine")
    assert counts == {"carol": 1, "erin": 0}
    assert line_of(client_of(carol), drawn[1], "/?mine=1")
    assert not line_of(client_of(erin), drawn[1], "/?mine=1")
    SecondReading.objects.filter(case=drawn[1]).update(lease_until=timezone.now())
    assert not line_of(client_of(carol), drawn[1], "/?mine=1")


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_never_get_the_same(drawn, carol, erin):
    found = at_once([lambda: take_next(by=carol), lambda: take_next(by=erin)])

    taken = [row.case_id for row in found if isinstance(row, SecondReading)]
    assert taken
    assert len(set(taken)) == len(taken)
