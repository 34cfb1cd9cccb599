"""One department for all browser tests of a run, and one Chromium for each module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect, sync_playwright

from cases.oversight.services import activate_model, register_model
from tests import making
from tests.browser.clinic import NAMES, Clinic
from tests.browser.visits import WAIT, Visits
from tests.stack import running_stack, wait_until
from tests.workers.conftest import BUNDLE

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)
UNHURRIED = {"READ_SECONDS": "30", "SCORE_SECONDS": "30", "LEASE_SECONDS": "45"}
HOME = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last and together, so that they share one department."""
    items.sort(key=lambda item: HOME in item.path.parents)


@pytest.fixture(scope="package")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, with rows that are committed and stay until the last browser test of the run.

    It takes the place of pytest-django's `db`, which would roll back what the other processes have to see.
    """
    with django_db_blocker.unblock():
        yield
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture(scope="package")
def clinic(db: None, tmp_path_factory: Any) -> Iterator[Clinic]:
    """Everything runs."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here (apt-get install chromium)")
    call_command("collectstatic", interactive=False, verbosity=0)
    model = register_model(directory=BUNDLE, by=None)
    activate_model(version=model, by=None, reason="The model that comes with the product.")
    people = {name: making.make_person(name, role) for name, role in NAMES.items()}
    with running_stack() as stack:
        stack.extra = UNHURRIED
        stack.start_redis()
        stack.start("reader", "inference", "sweeper", "web")
        stack.wait_for_workers("read", "infer", "sweep", seconds=180)
        wait_until(lambda: answers(stack.port), 120, f"the web process\n{stack.logs()}")
        made = Clinic(stack, model, people, ThreadPoolExecutor(1), tmp_path_factory.mktemp("phantoms"))
        yield made
        made.close()


def answers(port: int) -> bool:
    """Whether the web process takes requests."""
    with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture(scope="package")
def logins() -> dict[str, Any]:
    """What the browser keeps of each person who has logged in."""
    return {}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, which finds no host but this one."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(clinic: Clinic, chromium: Browser, logins: dict[str, Any]) -> Iterator[Visits]:
    """`visit("bob")`: bob's browser. A request to outside or a broken policy on any page fails the test."""
    expect.set_options(timeout=WAIT)
    visits = Visits(chromium, clinic, logins)
    yield visits
    visits.close()
    assert visits.complaints == []
