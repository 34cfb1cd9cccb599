"""Every filter finds what it says and nothing else, all go together into the address, and each can be taken away."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from cases import rules
from cases.models.listed import copy_again
from cases.worklist.chips import chips
from cases.worklist.columns import BY_CODE
from cases.worklist.filters import MAY_BE, Filters
from cases.worklist.options import options
from tests import making
from tests.cases.reading.acts import sign_case


def shown(client, address: str) -> set[int]:
    return {int(pk) for pk in re.findall(r'<tr id="case-(\d+)"', client.get(address).content.decode())}


@pytest.fixture
def two(a_case, bob):
    """A case that has everything, and one that has nothing of it."""
    kim = making.make_patient("P-1", "Kim", sex="F", born=date(1960, 1, 1))
    lee = making.make_patient("P-2", "Lee", sex="M", born=date(2015, 1, 1))
    full = a_case(
        patient=kim, probability=0.9, priority="urgent", minutes_ago=60, clinical_question="Fever?", kind="phantom"
    )
    full.radiographs.update(notes=["age_unknown"])
    copy_again(full)
    bare = a_case(patient=lee, probability=0.4, minutes_ago=1, model=making.make_model("0.9", active=False))
    return full, bare


FINDS_THE_FULL_ONE = [
    "priority=urgent",
    "band=likely",
    "sex=F",
    "flag=question",
    "flag=phantom",
    "flag=scope",
    "flag=overdue",
    "age_from=40",
    "score_from=0.5",
    "waited=30",
]
FINDS_THE_BARE_ONE = ["band=uncertain", "sex=M", "age_to=20", "score_to=.5", "priority=normal"]


@pytest.mark.parametrize("query", FINDS_THE_FULL_ONE)
def test_a_filter_finds_the_case_that_has_it(two, bob, client_of, query):
    assert shown(client_of(bob), f"/?{query}") == {two[0].pk}


@pytest.mark.parametrize("query", FINDS_THE_BARE_ONE)
def test_a_filter_leaves_out_the_case_that_has_it_not(two, bob, client_of, query):
    assert shown(client_of(bob), f"/?{query}") == {two[1].pk}


def test_all_filters_work_together(two, bob, client_of):
    everything = "&".join(FINDS_THE_FULL_ONE[:4])
    assert shown(client_of(bob), f"/?{everything}") == {two[0].pk}
    assert shown(client_of(bob), f"/?{everything}&age_to=20") == set()


def test_by_model_version(two, bob, client_of):
    for case in two:
        assert shown(client_of(bob), f"/?model={case.top_analysis.model_version_id}") == {case.pk}


def test_by_the_day_of_arrival(a_case, bob, client_of):
    today = timezone.localdate()
    old, new = a_case(minutes_ago=3 * 24 * 60), a_case(minutes_ago=0)
    assert shown(client_of(bob), f"/?since={today}") == {new.pk}
    assert shown(client_of(bob), f"/?until={today - timedelta(days=1)}") == {old.pk}
    assert shown(client_of(bob), f"/?since={today - timedelta(days=3)}&until={today}") == {old.pk, new.pk}


def test_by_reader_in_hand_or_signed(a_case, bob, carol, client_of):
    in_hand, signed, free = a_case(claimed_by=bob), a_case(seed=1), a_case(seed=2)
    sign_case(signed, bob)
    sign_case(a_case(seed=3), carol)
    assert shown(client_of(carol), "/?state=all&reader=bob") == {in_hand.pk, signed.pk}
    assert shown(client_of(carol), "/?reader=-") == {free.pk}


def test_disagreements_are_verdicts_that_contradict_the_band(a_case, bob, client_of):
    missed, called = a_case(probability=0.1), a_case(probability=0.9)
    agreed, unsure = a_case(probability=0.9), a_case(probability=0.5)
    for case, verdict in ((missed, "pneumonia"), (called, "normal"), (agreed, "pneumonia"), (unsure, "normal")):
        sign_case(case, bob, verdict)
    page = client_of(bob).get("/?state=signed&differs=1")
    assert shown(client_of(bob), "/?state=signed&differs=1") == {missed.pk, called.pk}
    assert {view.code: view.count for view in page.context["views"]}["differs"] == 2


def test_views_count_what_they_show(a_case, bob, alice, client_of):
    a_case(priority="urgent", probability=0.5)
    a_case(claimed_by=bob)
    a_case(state="failed")
    a_case(by=alice, probability=0.1)
    for person in (bob, alice):
        for view in client_of(person).get("/").context["views"]:
            assert len(shown(client_of(person), f"/?{view.filters.query()}")) == view.count, view.code


def test_the_view_that_is_open_is_marked_whatever_its_order(a_case, bob, client_of):
    page = client_of(bob).get("/?state=waiting&priority=urgent&sort=-age")
    assert [view.code for view in page.context["views"] if view.current] == ["urgent"]


def test_disagreements_are_no_view_of_a_radiographers(alice, client_of):
    assert "differs" not in [view.code for view in client_of(alice).get("/").context["views"]]


NONSENSE = ("x' OR 1=1", "99999999999999999999", "-1", "1e9", "２", "2026-13-40", "\0", "nan")


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_is_never_an_error(a_case, bob, client_of, value):
    case = a_case()
    assert shown(client_of(bob), "/?" + urlencode(dict.fromkeys(sorted(set(MAY_BE) - {"reader"}), value))) == {case.pk}
    assert client_of(bob).get("/", {"reader": value}).status_code == 200


def test_each_filter_that_is_on_can_be_taken_away(two, bob, client_of):
    filters = Filters.read({"sex": "F", "age_from": "40", "sort": "-age", "state": "all"})
    found = chips(filters, options())
    assert [str(chip.words) for chip in found] == ["Sex: F", "Age: from 40 years"]
    assert found[0].query == "state=all&age_from=40&sort=-age"
    page = client_of(bob).get(f"/?{filters.query()}").content.decode()
    assert 'href="/?state=all&amp;age_from=40&amp;sort=-age"' in page


def test_every_filter_has_words_for_its_chip():
    values = {
        "priority": "urgent",
        "band": "none",
        "sex": "F",
        "flag": "question",
        "mine": "1",
        "differs": "1",
        "second": "1",
    }
    values |= {"reader": "bob", "model": "1", "since": "2026-01-01", "until": "2026-01-01"}
    values |= dict.fromkeys(("age_from", "age_to", "score_from", "score_to", "waited"), "1")
    filters = Filters.read(values)
    assert len(chips(filters, {"readers": {}, "versions": {}})) == len(values) == len(MAY_BE) - 2


@pytest.mark.parametrize("code", sorted(set(BY_CODE) - {"number", "state", "priority", "arrival", "model", "band"}))
def test_a_column_orders_by_what_it_shows_and_leaves_the_unknown_last(two, a_case, bob, client_of, code):
    nothing = a_case(probability=None, minutes_ago=0, state="rejected")
    two[1].radiographs.update(notes=[])
    rows = [
        int(pk)
        for pk in re.findall(r'<tr id="case-(\d+)"', client_of(bob).get(f"/?state=all&sort={code}").content.decode())
    ]
    expected = {
        "waiting": [two[1].pk, two[0].pk],
        "patient": [two[0].pk, two[1].pk],
        "age": [two[1].pk, two[0].pk],
        "sex": [two[0].pk, two[1].pk],
        "probability": [two[1].pk, two[0].pk],
    }
    assert [pk for pk in rows if pk != nothing.pk] == expected.get(code, [pk for pk in rows if pk != nothing.pk])
    if code in expected:
        assert rows[-1] == nothing.pk


def test_a_long_list_says_that_there_are_more(a_case, bob, client_of, monkeypatch):
    for name in ("listing", "queries"):
        monkeypatch.setattr(f"cases.worklist.{name}.MOST", 2)
    for number in range(3):
        a_case(seed=number)
    page = client_of(bob).get("/").content.decode()
    assert "There are more than these 2 cases" in page
    assert len(shown(client_of(bob), "/")) == 2


def test_closed_cases_stand_with_the_newest_first(a_case, bob, client_of):
    older, newer = a_case(state="signed", minutes_ago=90), a_case(state="signed", minutes_ago=10)
    page = client_of(bob).get("/?state=signed").content.decode()
    assert page.index(f'id="case-{newer.pk}"') < page.index(f'id="case-{older.pk}"')
    assert set(rules.FINAL) == {"signed", "amended"}
