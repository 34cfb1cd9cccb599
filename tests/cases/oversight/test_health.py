"""What /livez and /readyz say, with and without workers, broker and database."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from cases import pulse
from cases.models import WorkerPulse
from cases.oversight import health
from tests.stack import redis_command, wait_until


@pytest.fixture(autouse=True)
def _a_broker_that_answers(monkeypatch):
    monkeypatch.setattr(health._Answer, "asked_at", float("-inf"))
    use_broker(monkeypatch, "memory://")


def use_broker(monkeypatch, url: str) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_read_url", url)


@pytest.fixture
def all_workers(db):
    for kind in ("read", "infer", "sweep"):
        pulse.beat(f"{kind}@here", kind, pid=7)


def silent(kind: str, seconds: float = 60) -> None:
    WorkerPulse.objects.filter(kind=kind).update(at=timezone.now() - timedelta(seconds=seconds))


def ask() -> tuple[int, dict]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_livez_answers_without_the_database(client):
    # no `db` fixture: a query would fail the test
    answer = client.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_when_everything_that_scores_is_up(all_workers, model_version):
    status, said = ask()

    assert (status, said["ready"]) == (200, True)
    assert set(said) == {"ready", "database", "broker", "reader", "inference", "sweeper", "model", "storage"}
    assert all(part["up"] for name, part in said.items() if name != "ready")
    assert 0 <= said["reader"]["age_seconds"] < 5


def test_not_ready_where_no_worker_was_ever_seen(db, model_version):
    status, said = ask()

    assert status == 503
    assert said["reader"] == said["inference"] == {"up": False}
    assert said["database"] == {"up": True}


@pytest.mark.parametrize(("kind", "name"), [("read", "reader"), ("infer", "inference")])
def test_not_ready_while_a_needed_worker_is_silent(kind, name, all_workers, model_version):
    silent(kind)

    status, said = ask()

    assert status == 503
    assert said[name]["up"] is False
    assert said[name]["age_seconds"] >= 60


def test_a_silent_sweeper_is_said_but_pictures_are_still_taken(all_workers, model_version):
    silent("sweep")

    status, said = ask()

    assert (status, said["sweeper"]["up"]) == (200, False)


def test_a_worker_with_a_problem_is_not_up(all_workers, model_version):
    pulse.beat("infer@here", "infer", problem="bundle_altered")

    assert ask()[0] == 503


def test_not_ready_without_an_active_model(all_workers):
    status, said = ask()

    assert (status, said["model"]) == (503, {"up": False})


def test_not_ready_when_the_disk_is_nearly_full(all_workers, model_version, settings):
    settings.FREE_DISK_FLOOR_MB = 10**9

    status, said = ask()

    assert (status, said["storage"]) == (503, {"up": False})


def test_a_database_that_is_away_is_an_answer_and_no_crash(db, monkeypatch):
    def away(kind):
        raise DatabaseError("server closed the connection unexpectedly: host=secret.example")

    monkeypatch.setattr(health, "_freshest", away)

    status, said = ask()

    assert (status, said["database"]) == (503, {"up": False})
    assert "secret" not in str(said)


@pytest.fixture
def redis_socket(tmp_path):
    """A Redis of its own on a Unix socket."""
    path = tmp_path / "redis.sock"
    with (tmp_path / "redis.log").open("wb") as log:
        process = subprocess.Popen(redis_command(path), stdout=log, stderr=log)
    try:
        wait_until(path.exists, 10, "the Redis socket")
        yield path, process
    finally:
        process.kill()
        process.wait()


def test_a_real_redis_is_up_and_then_killed(monkeypatch, redis_socket):
    path, process = redis_socket
    use_broker(monkeypatch, f"redis+socket://{path}")
    assert health.ask_broker() is True

    process.kill()
    process.wait()

    assert health.ask_broker() is False


def test_a_redis_that_is_stopped_costs_two_seconds_at_most(monkeypatch, redis_socket):
    path, process = redis_socket
    use_broker(monkeypatch, f"redis+socket://{path}")
    process.send_signal(signal.SIGSTOP)

    began = time.monotonic()
    assert health.ask_broker() is False
    assert time.monotonic() - began < 2


def test_not_ready_without_a_broker(all_workers, model_version, monkeypatch):
    use_broker(monkeypatch, "redis+socket:///nowhere/redis.sock")

    status, said = ask()

    assert (status, said["broker"]) == (503, {"up": False})


def test_a_broker_that_refuses_is_down_at_once(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        use_broker(monkeypatch, f"redis://127.0.0.1:{closed.getsockname()[1]}/0")

        assert health.ask_broker() is False


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_hangs_costs_two_seconds_at_most(monkeypatch, scheme):
    with socket.socket() as hung:
        hung.bind(("127.0.0.1", 0))
        hung.listen(5)
        use_broker(monkeypatch, f"{scheme}://127.0.0.1:{hung.getsockname()[1]}//")

        began = time.monotonic()
        assert health.ask_broker() is False
        assert time.monotonic() - began < 2


def test_the_broker_is_asked_once_a_second_at_most(monkeypatch):
    asked = []
    monkeypatch.setattr(health, "ask_broker", lambda: asked.append(1) or True)

    assert [health.broker_is_up() for _ in range(20)] == [True] * 20
    assert len(asked) == 1


def test_a_probe_that_says_no_is_no_error_in_the_log(db, caplog):
    assert ask()[0] == 503

    assert caplog.records == []


def test_probes_are_only_read(client, db):
    assert client.post("/readyz").status_code == 405
    assert client.post("/livez").status_code == 405
