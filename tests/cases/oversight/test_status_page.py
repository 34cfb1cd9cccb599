"""What the status page shows, and the loud line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import pulse
from cases.models import ModelVersion, WorkerPulse
from cases.oversight.safety import dangers, open_to_all
from cases.oversight.status import broker_kind, find_work, look_around
from tests import making


@pytest.fixture
def page(dana, client_of):
    browser = client_of(dana)

    def look() -> str:
        answer = browser.get("/status/")
        assert answer.status_code == 200
        return answer.content.decode()

    return look


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("who", ["alice", "bob", "mallory"])
def test_only_administrators_see_it(who, request, client_of):
    assert client_of(request.getfixturevalue(who)).get("/status/").status_code == 403


def test_it_says_which_kind_of_process_is_missing(page):
    assert "Not a single process is alive of: reader, inference, sweeper" in words(page())

    pulse.beat("reader@here", "read", pid=4711)

    said = words(page())
    assert "Not a single process is alive of: inference, sweeper" in said
    assert "reader@here" in said
    assert "4711" in said


def test_a_silent_worker_is_shown_and_one_of_yesterday_is_forgotten(page):
    for name, ago in (("slow@here", timedelta(minutes=2)), ("gone@here", timedelta(days=2))):
        pulse.beat(name, "infer", models=["pneumonia 1.0"])
        WorkerPulse.objects.filter(name=name).update(at=timezone.now() - ago)

    said = words(page())

    assert "silent inference slow@here" in said
    assert "gone@here" not in said


def test_a_worker_that_could_not_start_says_why(page):
    pulse.beat("inference@here", "infer", problem="bundle_altered")

    said = words(page())

    assert "has a problem" in said
    assert "Not a single process is alive of: reader, inference, sweeper" in said


def test_work_under_way_counts_rows_and_names_the_oldest(a_case):
    old, _new = a_case(state="received", minutes_ago=90), a_case(state="received")
    since = timezone.now() - timedelta(minutes=90)
    old.radiographs.update(uploaded_at=since)
    a_case(state="cancelled").radiographs.update(state="waiting")

    reading, scoring, shadow = find_work()

    assert (reading.waiting, reading.running, reading.oldest) == (2, 0, since)
    assert (scoring.waiting, scoring.oldest) == (0, None)
    assert (shadow.waiting, shadow.oldest) == (0, None)


def test_failures_are_shown_with_reason_next_step_and_link(page, a_case):
    for number in range(12):
        case = a_case(state="failed", failure_code="damaged_file", seed=number)

    shown = page()

    listed = shown[shown.index("Last failures") :]
    assert listed.count('/">C-') == 10
    assert f'<a href="/cases/{case.pk}/">{case.number}</a>' in listed
    assert "damaged" in words(shown)


def test_patients_are_not_on_it(page, a_case):
    a_case(state="failed", patient=making.make_patient("P-99", "ZZTEST^CANARY"))

    assert "ZZTEST" not in page()


def test_it_needs_a_bounded_number_of_queries(page, a_case):
    for number in range(6):
        a_case(state="failed", seed=number)
    with CaptureQueriesContext(connection) as queries:
        page()
    few = len(queries)
    for number in range(6):
        a_case(seed=10 + number)

    with CaptureQueriesContext(connection) as queries:
        page()

    assert len(queries) == few <= 24


def test_it_refreshes_by_itself_also_without_javascript(page):
    shown = page()

    assert 'data-live-fragment="/status/"' in shown
    assert '<noscript><meta http-equiv="refresh" content="15"></noscript>' in shown


def test_the_loud_line_counts_the_reasons(page):
    said = words(page())

    assert re.search(r"Not safe for patients: \d+ reasons", said)
    assert "This is a demonstration (SITE_KIND=demo)." in said
    assert "Put HTTPS in front of the site" in said


@pytest.fixture
def safe(db, settings, monkeypatch):
    """A set-up without any danger, as far as the application can tell."""
    settings.SITE_KIND, settings.SECURE_SITE, settings.ALLOWED_HOSTS = "clinic", True, ["xray.clinic.example"]
    settings.REDIS_URL = "redis://:a-long-password@10.0.0.5:6379/0"
    settings.CELERY_BROKER_URL = "amqps://pneumo:a-long-password@10.0.0.6//"
    monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    version = making.make_model()
    ModelVersion.objects.filter(pk=version.pk).update(calibrated=True, metrics={"local": {"auc": 0.9}})
    return settings


def codes() -> list[str]:
    return [danger.code for danger in dangers()]


def test_a_safe_set_up_has_no_loud_line(safe):
    assert dangers() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SITE_KIND", "demo", "demo"),
        ("DEBUG", True, "debug"),
        ("SECURE_SITE", False, "no_https"),
        ("ALLOWED_HOSTS", ["*"], "any_host"),
        ("REDIS_URL", "redis://10.0.0.5:6379/0", "open_broker"),
        ("CELERY_BROKER_URL", "amqp://guest:guest@10.0.0.6//", "open_broker"),
    ],
)
def test_each_unsafe_setting_is_named(safe, name, value, code):
    setattr(safe, name, value)

    assert codes() == [code]


def test_sqlite_is_named(safe, monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "sqlite")

    assert codes() == ["sqlite"]


def test_open_accounts_of_the_demonstration_are_named(safe, fast_passwords):
    user = making.make_person("radiologist", "radiologist")
    assert codes() == ["demo_users"]

    user.is_active = False
    user.save()
    assert codes() == []


def test_a_model_that_is_not_calibrated_or_never_measured_here_is_named(safe):
    ModelVersion.objects.update(calibrated=False)
    assert codes() == ["not_calibrated"]

    ModelVersion.objects.update(calibrated=True, metrics={"test": {"auc": 0.9}})
    assert codes() == ["not_validated"]

    ModelVersion.objects.update(active=False)
    assert codes() == ["no_model"]


def test_every_danger_says_what_to_do(db, settings):
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.REDIS_URL = True, ["*"], "redis://10.0.0.1"

    found = dangers()

    assert len(found) >= 6
    assert all(danger.sentence.endswith(".") and danger.next_step.endswith(".") for danger in found)


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("unix:///run/redis.sock", False),
        ("redis+socket:///run/redis.sock", False),
        ("redis://127.0.0.1:6379/0", True),
        ("rediss://:secret@10.0.0.1/0", False),
        ("amqp://10.0.0.1//", True),
        ("amqp://pneumo:secret@10.0.0.1//", False),
        ("memory://", False),
        ("", False),
    ],
)
def test_a_broker_without_a_password_of_its_own_is_open(url, is_open):
    assert open_to_all(url) is is_open


def test_the_broker_is_named_without_its_address():
    assert broker_kind("redis://:secret@10.0.0.1:6379/0") == "Redis"
    assert broker_kind("redis+socket:///srv/pneumo/redis.sock") == "Redis on a Unix socket"
    assert "secret" not in broker_kind("foo://secret@host")


def test_queues_are_left_out_while_the_broker_is_away(db, monkeypatch):
    from cases.oversight import status

    monkeypatch.setattr(status, "broker_is_up", lambda: False)

    seen = look_around()

    assert (seen.queues, seen.store.broker_up) == ([], False)
