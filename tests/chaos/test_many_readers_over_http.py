"""Many readers in their browsers, while the web process and the sweeper are killed and started again, and some vanish.

Each case is read and signed once; no claim is lost to a restart, none is doubled. On the database that
TEST_DATABASE_URL names, else on SQLite.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from cases import events, rules
from cases.models import Case, Event, Reading, Report, Site, User
from cases.reading.signing import SESSION_KEY
from cases.reports.seals import broken_seals
from tests.cases.reading.acts import at_once
from tests.cases.reading.test_many_readers import assert_no_case_was_in_two_hands, department
from tests.stack import Stack, wait_until

pytestmark = [pytest.mark.usefixtures("fast_passwords")]
CSRF = "a" * 32
OWN_CASE = re.compile(r'id="case-(\d+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')
SERVER_UP_SECONDS = 120


class Vanished(Exception):
    """This reader has gone home with a case in hand."""


class Browser:
    """One reader's: cookies, and what a person does where a page does not come."""

    def __init__(self, reader: User, address: str, *, leaves_with: int | None) -> None:
        cookies = {"sessionid": _session(reader), "csrftoken": CSRF}
        self.http = httpx.Client(base_url=address, cookies=cookies, headers={"X-CSRFToken": CSRF}, timeout=60)
        self.reader, self.leaves_with = reader, leaves_with
        self.signed, self.has_vanished, self.has_failed = 0, False, False
        self.answers: Counter[str] = Counter()

    def ask(self, method: str, address: str, **said: str) -> httpx.Response:
        """Ask until there is an answer: while nothing answers, and once more for each error page."""
        end = time.monotonic() + SERVER_UP_SECONDS
        while True:
            try:
                answer = self.http.request(method, address, data=said or None)
                self.answers[str(answer.status_code)] += 1
                if answer.status_code < 500:
                    assert "/login/" not in answer.headers.get("Location", ""), address
                    return answer
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            assert time.monotonic() < end, f"nothing answers: {self.answers}"
            time.sleep(0.3)

    def work(self, is_over: Callable[[], bool]) -> str:
        """Read and sign what comes until all is read; "vanished" where this reader leaves with a case in hand."""
        try:
            while not is_over():
                self._one_case()
        except Vanished:
            return "vanished"
        except BaseException:
            self.has_failed = True
            raise
        finally:
            self.http.close()
        return "done"

    def _one_case(self) -> None:
        """What is in hand already first: an answer that never came may have brought it."""
        case = self._in_hand() or self._next()
        if case is None:
            time.sleep(0.5)
            return
        page = self.ask("GET", f"/cases/{case}/")
        assert self.ask("POST", f"/cases/{case}/keep/").status_code == 200
        if self.signed == self.leaves_with:
            self.has_vanished = True
            raise Vanished
        found = VERSION.search(page.text)
        assert found, page.text[:2000]
        said = {"verdict": "normal", "comment": "", "version": found[1], "step": "report"}
        answer = self.ask("POST", f"/cases/{case}/sign/", **said)
        assert answer.headers.get("Location") == f"/cases/{case}/report/", (answer.status_code, answer.text[:2000])
        self.signed += 1

    def _in_hand(self) -> int | None:
        found = OWN_CASE.search(self.ask("GET", "/worklist/rows/?mine=1").text)
        return int(found[1]) if found else None

    def _next(self) -> int | None:
        found = re.fullmatch(r"/cases/(\d+)/", self.ask("POST", "/cases/next/").headers["Location"])
        return int(found[1]) if found else None


def _session(reader: User) -> str:
    """Logged in, with a signing session that lasts."""
    client = Client()
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[SESSION_KEY] = time.time() + 7200
    session.save()
    return client.cookies["sessionid"].value


def kill_web_and_sweeper(stack: Stack) -> None:
    """kill -9 both, and what a supervisor does a moment later."""
    for name in ("web", "sweeper"):
        stack.kill(name)
    time.sleep(1)
    stack.start("web", "sweeper")


def end_the_claims_of(gone: list[User]) -> None:
    """Time passes for those who have left; the sweeper's process has to bring their cases back."""
    in_hand = Case.objects.filter(state__in=rules.IN_HAND, claimed_by__in=gone)
    in_hand.update(lease_until=timezone.now() - timedelta(seconds=1))


def is_up(stack: Stack) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{stack.port}/livez", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def read_all(stack: Stack, readers: int, cases: int, leaving: int) -> tuple[list[Browser], float]:
    """Let them read while both processes are killed, once at a third and once at two thirds of the cases.

    Returns:
        The browsers, and the seconds from the first page to the last signature.
    """
    Site.current()
    people = department(readers, cases)
    stack.start_redis()
    stack.start("web", "sweeper")
    wait_until(lambda: is_up(stack), 240, f"the web process\n{stack.logs()}")
    over, address = threading.Event(), f"http://127.0.0.1:{stack.port}"
    leaves_with = [*range(1, leaving + 1), *[None] * (readers - leaving)]
    browsers = [Browser(person, address, leaves_with=count) for person, count in zip(people, leaves_with, strict=True)]
    began = time.monotonic()
    acts = [partial(one.work, over.is_set) for one in browsers]
    *found, killed = at_once([*acts, partial(watch, stack, browsers, cases, over)], seconds=1400)
    assert (Counter(map(str, found)), killed) == ({"done": readers - leaving, "vanished": leaving}, 2), found
    return browsers, time.monotonic() - began


def watch(stack: Stack, browsers: list[Browser], cases: int, over: threading.Event) -> int:
    """Kill both processes twice, end the claims of those who left, and say when all is read. How often it killed."""
    killed, end = 0, time.monotonic() + 1300
    try:
        while (signed := Report.objects.count()) < cases and not any(one.has_failed for one in browsers):
            assert time.monotonic() < end, f"{cases - signed} cases were never read\n{stack.logs()}"
            if killed < 2 and signed >= (killed + 1) * cases / 3:
                kill_web_and_sweeper(stack)
                killed += 1
            end_the_claims_of([one.reader for one in browsers if one.has_vanished])
            time.sleep(0.2)
        return killed
    finally:
        over.set()


def check_each_was_read_once(cases: int, gone: list[User]) -> None:
    """One reading and one report each; every claim ended in a signature, or came back from one who had left."""
    assert Case.objects.filter(state="signed", claimed_by=None, lease_until=None).count() == cases
    assert Report.objects.count() == Report.objects.values("case").distinct().count() == cases
    assert Reading.objects.count() == cases
    happened = Counter(Event.objects.filter(verb__in=["claimed", "released", "signed"]).values_list("verb", flat=True))
    assert happened == Counter(claimed=cases + len(gone), released=len(gone), signed=cases)
    back = Event.objects.filter(verb="released").values_list("actor", "details__reason", "details__holder")
    assert sorted(back) == sorted((None, "lease_ended", reader.pk) for reader in gone)
    assert_no_case_was_in_two_hands()
    assert [*events.broken_links(), *broken_seals()] == []


def check(stack: Stack, readers: int, cases: int, leaving: int) -> None:
    browsers, seconds = read_all(stack, readers, cases, leaving)
    heard = sum((one.answers for one in browsers), Counter())
    print(f"{readers} readers, {cases} cases: {seconds:.0f} s, {dict(heard)}")  # noqa: T201
    check_each_was_read_once(cases, [one.reader for one in browsers if one.has_vanished])
    assert sum(heard[name] for name in ("ConnectError", "ReadError", "RemoteProtocolError")) > 0  # it was felt


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_eight_readers_read_sixty_cases_once_each_though_web_and_sweeper_are_killed_twice(stack):
    check(stack, readers=8, cases=60, leaving=2)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_fifty_readers_read_a_thousand_cases_once_each_though_web_and_sweeper_are_killed_twice(stack):
    check(stack, readers=50, cases=1000, leaving=10)
