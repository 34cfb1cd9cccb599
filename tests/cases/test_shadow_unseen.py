"""What a model says in the shadow is in no answer that a reader gets: every address, with such answers and without."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from cases import events, live
from cases.models import Analysis, Case, ModelVersion
from cases.reading.content import newest_answers
from tests import making
from tests.cases.test_url_matrix import OF_THE_PRODUCT, address_of, ask, make_pair, text_of
from tests.cases.url_rows import ROWS, Row

FOR_ADMINISTRATORS = {"status", "side_by_side"}
OF_READERS = [name for name in OF_THE_PRODUCT if name not in FOR_ADMINISTRATORS and not name.startswith("admin:")]
CHANGING = re.compile(
    r'value="[A-Za-z0-9]{64}"|nonce="[^"]*"|'
    r"csrftoken=\w+|nonce-[^\']*|.Expires.: .\w{3}, [^\']*|<time [^>]*>[^<]*</time>"
)  # looking at a case is an event, with its time


@pytest.fixture(autouse=True)
def _no_stream(settings):
    settings.REDIS_URL = ""


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch):
    """A page that says the minute, or how long something waits, says the same twice."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def people(alice, bob, dana, client_of) -> dict[str, Client]:
    return {"alice": client_of(alice), "bob": client_of(bob), "dana": client_of(dana)}


@pytest.fixture
def in_shadow(model_version) -> list[ModelVersion]:
    """Another version of the primary model, and another model; registered, whether they have answered or not."""
    return [making.make_model("1.1", active=False), making.make_model("0.1", name="covid19", active=False)]


def answer_in_shadow(case: Case, versions: list[ModelVersion]) -> None:
    """A finished answer that differs from the shown one, and one of every other state."""
    radiograph = case.radiographs.get()
    finished = {
        "state": "done",
        "finished_at": timezone.now(),
        "probabilities": {"NORMAL": 0.9876, "PNEUMONIA": 0.0124},
        "positive_probability": 0.0124,
        "band": "unlikely",
        "thresholds": making.THRESHOLDS,
    }
    rows: list[dict[str, Any]] = [
        finished,
        {"state": "failed", "failure_code": "bundle_foreign"},
        {"state": "waiting"},
        {"state": "running", "lease_until": timezone.now() + timedelta(minutes=1)},
    ]
    for version in versions:
        for run, fields in enumerate(rows, start=1):
            Analysis.everything.create(radiograph=radiograph, model_version=version, run=run, shadow=True, **fields)


def said(answer: Any) -> tuple[int, str, str]:
    """Status, headers and bytes, without what is drawn anew for every answer."""
    return answer.status_code, CHANGING.sub("", str(answer.headers)), CHANGING.sub("", text_of(answer))


def heard(browser: Client, row: Row, address: str, case: Case) -> tuple[int, str, str]:
    """What the address says, without a message that an earlier page left for this one."""
    browser.cookies.pop("messages", None)
    return said(ask(browser, row, address, case))


@pytest.mark.parametrize("name", OF_READERS)
def test_every_answer_is_the_same_with_and_without_the_shadow(name, people, in_shadow):
    for row in ROWS[name]:
        with transaction.atomic():
            pair = make_pair(row.state)
            address = address_of(name, pair[0])
            before = {person: heard(browser, row, address, pair[0]) for person, browser in people.items()}
            for case in pair:
                answer_in_shadow(case, in_shadow)
            after = {person: heard(browser, row, address, pair[0]) for person, browser in people.items()}
            assert after == before
            transaction.set_rollback(True)


@pytest.mark.parametrize("query", ["?sort=score", "?sort=-score", "?band=unlikely", "?band=likely", "?state=all"])
def test_orders_filters_and_counts_are_the_same(query, people, in_shadow):
    pair = make_pair("ready")
    before = said(people["bob"].get(f"/{query}"))
    for case in pair:
        answer_in_shadow(case, in_shadow)

    assert said(people["bob"].get(f"/{query}")) == before


def test_what_is_signed_says_nothing_of_the_shadow(a_case, in_shadow):
    case = a_case(probability=0.9)
    before = newest_answers(case)

    answer_in_shadow(case, in_shadow)

    assert newest_answers(case) == before
    assert len(before) == 1


def test_no_page_is_told_of_an_answer_in_the_shadow(a_case, in_shadow, monkeypatch, django_capture_on_commit_callbacks):
    from tests.cases.oversight.test_shadows import answer_in_shadow as answer_as_a_worker

    case, told = a_case(probability=0.9), []
    monkeypatch.setattr(live, "publish", told.append)
    with django_capture_on_commit_callbacks(execute=True):
        events.record("opened", by=None, case=case)
    assert told == [case.pk]

    with django_capture_on_commit_callbacks(execute=True):
        answer_as_a_worker(case, in_shadow[0])

    assert told == [case.pk]
