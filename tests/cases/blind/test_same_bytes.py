"""Of a case that is read blind a reader gets the same bytes whatever the model said, from every address there is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import product

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from cases import live, pulse
from cases.analysis.scoring import record_analysis
from cases.models import Analysis, Case, CriticalResult, Reading, Site
from cases.worklist.columns import BY_CODE
from cases.worklist.filters import BANDS, FLAGS, GROUPS, MAY_BE, PRIORITIES, SEXES
from tests import making
from tests.cases.blind.scores import NOW, SCORES, give_score, heard, seen
from tests.cases.reading.test_similar import far_ones
from tests.cases.test_shadow_unseen import OF_READERS
from tests.cases.test_url_matrix import address_of, make_pair
from tests.cases.url_rows import ROWS, Row

BEFORE_THE_SIGNATURE = [
    (name, number) for name in OF_READERS for number, row in enumerate(ROWS[name]) if row.state != "signed"
]
KEPT_BACK = ("worklist", "worklist_rows", "case")


@pytest.fixture(autouse=True)
def _still(settings, monkeypatch, db):
    """One moment for all answers, and a worker whose answers order the worklist."""
    settings.REDIS_URL = ""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    pulse.beat("infer@here", "infer")


@pytest.fixture
def readers(alice, bob, carol, dana, client_of) -> dict[str, Client]:
    return {"bob": client_of(bob), "carol": client_of(carol)}


def answers(readers: dict[str, Client], name: str, number: int, scores: Sequence[float], *, blind: bool) -> list:
    """What each reader hears from an address, for each score that the case could have."""
    row = ROWS[name][number]
    with transaction.atomic():
        case, _other = make_pair(row.state)
        Case.objects.filter(pk=case.pk).update(read_blind=blind, kept_back="first" if blind else "")
        case.refresh_from_db()
        address, found = address_of(name, case), []
        for score in scores:
            give_score(case, score)
            found.append({who: heard(browser, row, address, case) for who, browser in readers.items()})
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(("name", "number"), BEFORE_THE_SIGNATURE)
def test_every_address_says_the_same_whatever_the_score(name, number, readers, model_version):
    low, high = answers(readers, name, number, (SCORES[0], SCORES[-1]), blind=True)

    assert low == high


@pytest.mark.parametrize("name", KEPT_BACK)
def test_the_same_addresses_do_tell_where_nothing_is_kept_back(name, readers, model_version):
    low, middle, high = answers(readers, name, 0, SCORES, blind=False)

    assert low != high
    assert low != middle


SIGNED = [(name, number) for name in OF_READERS for number, row in enumerate(ROWS[name]) if row.state == "signed"]


@pytest.mark.parametrize(("name", "number"), SIGNED)
def test_a_second_reader_hears_the_same_whatever_was_signed(name, number, readers, model_version):
    """Of a signed case that waits for a second reader: the score, the signed verdict and its text become others."""
    before, after = otherwise_signed(readers["carol"], name, ROWS[name][number])
    assert after == before


@pytest.mark.parametrize("name", ["case", "report", "passport"])
def test_who_signed_it_is_told(name, readers, model_version):
    row = next(row for row in ROWS[name] if row.state == "signed")
    before, after = otherwise_signed(readers["bob"], name, row)
    assert before[0] == 200
    assert after != before or name == "passport"  # sealed at the signature


def otherwise_signed(browser: Client, name: str, row: Row) -> tuple:
    """What an address says of a case that waits for a second reader, and what once something else was signed."""
    Site.objects.update_or_create(pk=1, defaults={"second_reading": True, "second_percent": 100})
    with transaction.atomic():
        case, _other = make_pair("signed")
        case.refresh_from_db()
        assert case.kept_back == "second"
        address = address_of(name, case)
        before = heard(browser, row, address, case)
        give_score(case, 0.04)
        say_otherwise(case)
        after = heard(browser, row, address, case)
        transaction.set_rollback(True)
    return before, after


@pytest.mark.parametrize("kept_back", ["second", "third"])
@pytest.mark.parametrize("same_patient", [False, True])
@pytest.mark.parametrize("name", ["case", "similar"])
def test_the_page_of_a_neighbour_says_the_same_whatever_was_signed(name, same_patient, kept_back, a_case, readers):
    found = seen_beside(readers["carol"], name, same_patient, kept_back, a_case)
    assert (found[0][0], len(set(found))) == (200, 1)


def test_the_page_of_a_neighbour_does_tell_where_nothing_is_kept_back(a_case, readers):
    assert len(set(seen_beside(readers["carol"], "case", False, "", a_case))) == 3


def seen_beside(browser: Client, name: str, same_patient: bool, kept_back: str, a_case) -> list[tuple[int, str, str]]:
    """What the page of a case says beside a signed one like it, once that one's verdict and once its score changed."""
    far_ones(a_case, 21)
    hidden, _other = make_pair("signed")
    shown = a_case(patient=hidden.patient if same_patient else None)
    making.make_embedding(shown.top_analysis, 60)
    Case.objects.filter(pk=hidden.pk).update(kept_back=kept_back)
    address, found = address_of(name, shown), []
    for change in (lambda: None, lambda: say_otherwise(hidden), lambda: give_score(hidden, 0.04)):
        change()
        found.append(seen(browser, address))
    return found


def say_otherwise(case: Case) -> None:
    """Let the first reader have signed something else; no service would."""
    report = case.reports.get()
    content = json.dumps({**report.content, "verdict": "pneumonia", "comment": "left base"})
    Reading.objects.filter(pk=report.reading_id).update(verdict="pneumonia", comment="left base")
    Case.objects.filter(pk=case.pk).update(verdict="pneumonia")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_report SET content = %s WHERE id = %s", [content, report.pk])
    CriticalResult.objects.filter(case=case).update(finding="left base is white")


# ---- the worklist, however it is asked ----

VALUES = {
    "state": GROUPS,
    "priority": PRIORITIES,
    "band": BANDS,
    "sex": SEXES,
    "flag": FLAGS,
    "mine": ["1"],
    "differs": ["1"],
    "second": ["1"],
    "reader": ["-", "bob", "carol"],
    "model": ["1", "2"],
    "age_from": ["30"],
    "age_to": ["80"],
    "score_from": [".2", ".7"],
    "score_to": [".2", ".7"],
    "since": ["2026-03-04"],
    "until": ["2026-03-04"],
    "waited": ["1"],
    "sort": [*BY_CODE, *(f"-{code}" for code in BY_CODE)],
}
QUERIES = ["", *(f"?{name}={value}" for name, values in VALUES.items() for value in values)]
TWO = [f"?{a}&sort={b}" for a, b in product(("band=uncertain", "score_from=.3", "state=all"), ("band", "-probability"))]


def test_every_filter_of_the_worklist_is_tried():
    assert sorted(VALUES) == sorted(MAY_BE)


@pytest.fixture
def mixed(a_case, bob, carol) -> list[Case]:
    """Cases read blind among others: waiting, urgent, overdue, in the reader's hand and in another's."""
    for score in SCORES:
        a_case(probability=score, minutes_ago=3)
    kept = [
        a_case(probability=0.5, read_blind=True, minutes_ago=3),
        a_case(probability=0.5, read_blind=True, minutes_ago=2, priority="urgent"),
        a_case(probability=0.5, read_blind=True, minutes_ago=200),
        a_case(probability=0.5, read_blind=True, claimed_by=bob),
        a_case(probability=0.5, read_blind=True, claimed_by=carol, state="read"),
    ]
    for score in SCORES:
        a_case(probability=score, minutes_ago=3)
    return kept


def test_no_order_filter_count_or_title_tells(mixed, readers):
    asked = ["/", *(f"/worklist/rows/{query}" for query in [*QUERIES, *TWO])]
    first, second = {}, {}
    for turn, told in enumerate((first, second)):
        for place, case in enumerate(mixed):
            give_score(case, SCORES[(place + turn) % len(SCORES)])
        told.update({address: seen(readers["bob"], address) for address in asked})

    assert [address for address in asked if first[address] != second[address]] == []


def test_who_reads_nothing_sees_the_order_of_the_model(mixed, dana, client_of):
    browser, told = client_of(dana), []
    for score in SCORES:
        give_score(mixed[0], score)
        told.append(seen(browser, "/?sort=band"))

    assert len(set(told)) == len(SCORES)


def test_the_next_case_is_the_same_whatever_the_score(mixed, readers):
    taken = set()
    for score in SCORES:
        for case in mixed:
            give_score(case, score)
        with transaction.atomic():
            steps = [readers["bob"].post("/cases/next/").headers["Location"] for _ in range(6)]
            transaction.set_rollback(True)
        taken.add(tuple(steps))

    assert len(taken) == 1


# ---- the live changes ----


def test_an_answer_rings_the_pages_in_the_same_way_whatever_it_says(
    a_case, model_version, readers, monkeypatch, django_capture_on_commit_callbacks
):
    told: list[list[int]] = []
    for score in (SCORES[0], SCORES[-1]):
        case = a_case(probability=None, state="ready", read_blind=True)
        asked = Analysis.objects.create(
            radiograph=case.radiographs.get(), model_version=model_version, state="running", lease_until=NOW, worker=""
        )
        rung: list[int] = []
        monkeypatch.setattr(live, "publish", rung.append)
        with django_capture_on_commit_callbacks(execute=True):
            record_analysis(asked, {"NORMAL": 1 - score, "PNEUMONIA": score}, {})
        assert Analysis.objects.get(pk=asked.pk).state == "done"
        told.append([pk - case.pk for pk in rung])

    assert told[0] == told[1] != []


def test_the_rows_of_two_cases_differ_by_their_ids_alone(a_case, readers):
    for number, score in ((700_001, SCORES[0]), (700_002, SCORES[-1])):
        a_case(probability=score, read_blind=True, pk=number)

    page = readers["bob"].get("/worklist/rows/").content.decode()

    rows = re.findall(r'<tr id="case-70000[12]".*?</tr>', page, re.DOTALL)
    assert len(rows) == 2
    assert len({re.sub("70000[12]", "", row) for row in rows}) == 1
