"""Pages that ask in the same moment share an answer that is never older than their question."""

from __future__ import annotations

import itertools
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cases.blind.eyes import eyes_of
from cases.blind.services import store_opinion
from cases.worklist.filters import Filters
from cases.worklist.listing import audience
from cases.worklist.rows import _html
from cases.worklist.together import Together
from cases.worklist.views import LIVE_MAY_BE_OLD_S


def test_calls_that_wait_share_one_look_and_none_gets_an_older_answer():
    together: Together[int] = Together()
    changed, begun, go_on = [0], threading.Event(), threading.Event()
    looks = []

    def look() -> int:
        looks.append(changed[0])
        seen = changed[0]
        begun.set()
        go_on.wait(30)
        return seen

    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(together.ask, "list", look)
        assert begun.wait(30)
        changed[0] = 1
        others = [pool.submit(together.ask, "list", look) for _ in range(10)]
        while "list" not in together._not_begun:
            time.sleep(0.01)
        time.sleep(0.2)
        go_on.set()
        assert first.result(30) == 0
        assert {other.result(30) for other in others} == {1}
    assert len(looks) < 11


def test_a_call_that_allows_for_it_gets_what_was_looked_up_a_moment_ago():
    together: Together[int] = Together()
    looks = itertools.count()
    assert together.ask("list", lambda: next(looks)) == 0
    assert together.ask("list", lambda: next(looks), may_be_old_s=60) == 0
    assert together.ask("list", lambda: next(looks)) == 1
    assert together.ask("list", lambda: next(looks), may_be_old_s=60) == 1
    time.sleep(0.01)
    assert together.ask("list", lambda: next(looks), may_be_old_s=0.001) == 2


def test_what_was_looked_up_is_let_go_of_after_a_second(monkeypatch):
    monkeypatch.setattr("cases.worklist.together.KEPT_S", 0.0)
    together: Together[int] = Together()
    together.ask("one", lambda: 1)
    time.sleep(0.001)
    together.ask("two", lambda: 2)
    assert list(together._newest) == ["two"]


def test_an_error_is_not_kept_for_calls_that_allow_for_older_answers():
    together: Together[int] = Together()
    with pytest.raises(ZeroDivisionError):
        together.ask("list", lambda: 1 // 0)
    assert together.ask("list", lambda: 1, may_be_old_s=60) == 1


def test_a_live_page_waits_longer_than_what_it_gets_may_be_old():
    script = Path("cases/static/cases/live.js").read_text()
    waits_ms = int(re.search(r"const SOON = (\d+);", script)[1])
    assert waits_ms > 1000 * LIVE_MAY_BE_OLD_S


def test_another_key_is_another_answer():
    together: Together[str] = Together()
    assert [together.ask(key, lambda key=key: key.upper()) for key in ("a", "b")] == ["A", "B"]


def test_an_error_is_told_and_the_next_call_looks_again():
    together: Together[int] = Together()
    with pytest.raises(ZeroDivisionError):
        together.ask("list", lambda: 1 // 0)
    assert together.ask("list", lambda: 1) == 1


def heard(user, **filters: str) -> object:
    return audience(user, Filters(**filters), eyes_of(user))


def test_who_does_not_see_all_cases_shares_with_nobody(alice, bob, carol):
    assert heard(bob) == heard(carol)
    assert heard(alice) not in (heard(bob), heard(carol))
    assert heard(bob, mine="1") != heard(carol, mine="1")


def test_readers_share_while_the_same_is_kept_back_from_them(a_case, bob, carol, dana):
    case = a_case(claimed_by=bob, read_blind=True)
    assert heard(bob) == heard(carol) != heard(dana)

    store_opinion(case=case, by=bob, verdict="normal", comment="", version=case.version)

    assert heard(bob) != heard(carol)


def test_a_kept_row_is_drawn_again_when_anything_of_it_changes(a_case, bob, carol, client_of):
    case = a_case(clinical_question="Fever?")
    _html.cache_clear()
    client = client_of(bob)
    assert "Fever?" in client.get("/").content.decode()
    case.clinical_question = "Cough?"
    case.save()
    assert "Cough?" in client.get("/").content.decode()
    client.cookies.load({"django_language": "ko"})
    assert 'title="Cough?"' in client.get("/").content.decode()


def test_only_the_reader_sees_the_own_case_marked(a_case, bob, carol, client_of):
    a_case(claimed_by=bob)
    assert "row-mine" in client_of(bob).get("/").content.decode()
    assert "row-mine" not in client_of(carol).get("/").content.decode()
