"""Readers at the same moment: real threads, a real file or server, twenty tries."""

from __future__ import annotations

from functools import partial

import pytest

from cases import events
from cases.models import Case, Event, Report
from cases.reading import services
from cases.reading.services import Conflict
from tests.cases.reading.acts import at_once, sign_case
from tests.making import make_case, make_model, make_person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast_passwords")]
TRIES = 20


@pytest.fixture
def readers():
    make_model()
    return [make_person(name, "radiologist") for name in ("bob", "carol", "erin")]


def test_two_who_ask_for_the_next_case_never_get_the_same_one(readers):
    cases = [make_case(seed=number) for number in range(TRIES)]
    for _ in range(TRIES // 2):
        found = at_once([partial(services.claim_next, by=reader) for reader in readers[:2]])
        assert all(isinstance(case, Case) for case in found), found
        assert found[0] != found[1]
    claims = Event.objects.filter(verb="claimed")
    assert claims.count() == claims.values("case").distinct().count() == len(cases)


def test_of_three_who_ask_for_the_last_case_one_gets_it(readers):
    for number in range(TRIES):
        case = make_case(seed=number)
        found = at_once([partial(services.claim_next, by=reader) for reader in readers])
        assert sorted(str(item) for item in found) == sorted(["None", "None", case.number]), found


def test_two_who_take_one_case_at_once_one_has_it_and_the_other_is_told_who(readers):
    for number in range(TRIES):
        case = make_case(seed=number)
        found = at_once([partial(services.claim, case=case, by=reader) for reader in readers[:2]])
        case.refresh_from_db()
        assert_one_won(found, case.claimed_by, Case)


def test_two_who_sign_at_once_one_wins_and_the_other_is_told_who(readers):
    for number in range(TRIES):
        case = make_case(seed=number)
        found = at_once([partial(sign_case, case, reader, comment=reader.username) for reader in readers[:2]])
        report = Report.objects.get(case=case)
        assert_one_won(found, report.signed_by, Report)
        assert Event.objects.filter(case=case, verb="signed").count() == 1
    assert list(events.broken_links()) == []


def test_the_same_reader_in_two_windows_signs_once(readers):
    bob = readers[0]
    for number in range(TRIES):
        case = services.claim(case=make_case(seed=number), by=bob)
        words = [{"verdict": "normal", "comment": ""}, {"verdict": "pneumonia", "comment": ""}]
        found = at_once([partial(services.sign, case=case, by=bob, version=case.version, **word) for word in words])
        report = Report.objects.get(case=case)
        assert_one_won(found, bob, Report)
        assert report.content["verdict"] == next(r for r in found if isinstance(r, Report)).reading.verdict


def test_two_who_amend_at_once_leave_one_version_and_the_other_is_told_who(readers):
    for number in range(TRIES):
        case = make_case(seed=number)
        sign_case(case, readers[2])
        case.refresh_from_db()
        act = partial(
            services.amend, case=case, verdict="pneumonia", comment="", reason="seen again", version=case.version
        )
        found = at_once([partial(act, by=reader) for reader in readers[:2]])
        second = Report.objects.get(case=case, version=2)
        assert_one_won(found, second.signed_by, Report)
        assert case.reports.count() == 2


def assert_one_won(found, winner, kind):
    won = [item for item in found if isinstance(item, kind)]
    lost = [item for item in found if isinstance(item, Conflict)]
    assert (len(won), len(lost)) == (1, 1), found
    assert lost[0].who == winner
