"""Columns are a person's own and stay; a score never goes without its version."""

from __future__ import annotations

import pytest

from cases.models import Event
from cases.worklist.columns import ALL, chosen


def heads(client) -> list[str]:
    return [str(head.label) for head in client.get("/").context["heads"]]


def test_everybody_begins_with_all_of_them(bob, client_of):
    assert heads(client_of(bob)) == [str(column.label) for column in ALL]


def test_a_choice_stays_with_the_person_and_its_event(bob, carol, a_case, client_of):
    a_case()
    client = client_of(bob)
    answer = client.post("/worklist/columns/", {"column": ["patient", "age"], "sex": "F", "sort": "age"})
    assert answer.url == "/?sex=F&sort=age"
    assert heads(client_of(bob)) == ["Case", "State", "Patient", "Age"]
    assert heads(client_of(carol)) == [str(column.label) for column in ALL]
    event = Event.objects.get(verb="columns_chosen")
    assert (event.actor, event.details) == (bob, {"columns": ["patient", "age"]})
    row = client_of(bob).get("/").content.decode().split('<tr id="case-')[1]
    assert row.split("</tr>")[0].count("<td") == 4


def test_all_columns_come_back(bob, client_of):
    client = client_of(bob)
    client.post("/worklist/columns/", {"column": ["age"]})
    client.post("/worklist/columns/", {"usual": "1", "column": ["age"]})
    assert len(heads(client)) == len(ALL)


@pytest.mark.parametrize("code", ["probability", "model"])
def test_a_score_never_goes_without_its_version(code):
    assert {"probability", "model"} <= {column.code for column in chosen([code])}


def test_unknown_columns_are_left_out(bob, client_of):
    client = client_of(bob)
    client.post("/worklist/columns/", {"column": ["age", "password"]})
    assert heads(client) == ["Case", "State", "Age"]
