"""The gate in front of the trial page, over the real routes of the mounted Gradio application."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from django.conf import settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from inference.page import build_page, mount_page
from inference.trial import TrialAnswer
from pneumo_site import trial_uploads
from pneumo_site.gate import TrialGate
from pneumo_site.trial_uploads import TrialUploads
from tests.making import jpeg_bytes

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 100_000
NEEDED = {
    ("GET", "/"),
    ("GET", "/theme.css"),
    ("GET", "/assets/x.js"),
    ("GET", "/gradio_api/upload_progress"),
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data"),
}
FILLED = {"path": "x.js", "session_hash": "abc", "id": "1", "event_id": "1", "api_name": "predict"}


@dataclass
class Trial:
    """The page on a real server, and what its workers were asked."""

    folder: Any
    application: Starlette
    address: str = ""
    asked: list[tuple[bytes, str, int | None]] = field(default_factory=list)

    @property
    def routes(self) -> list[tuple[str, str]]:
        return walk_routes(self.application)

    @property
    def ours(self) -> dict[str, str]:
        """What a browser says of a request that our own page sends."""
        return {"origin": self.address, "sec-fetch-site": "same-origin"}

    def files(self) -> list[str]:
        return [path.name for path in self.folder.rglob("*") if path.is_file()]

    async def predict(self, data: bytes, language: str, person: int | None) -> TrialAnswer:
        self.asked.append((data, language, person))
        if data.startswith(b"broken"):
            raise RuntimeError("worker")
        return TrialAnswer(probabilities={"PNEUMONIA": 0.8, "NORMAL": 0.2}, positive="PNEUMONIA", band="likely")


async def mount_trial(folder: Any) -> Trial:
    """A coroutine, because Gradio makes an event loop of its own where none runs, and never closes it."""
    trial = Trial(folder, Starlette())
    page = build_page(trial.predict, folder, max_bytes=LIMIT)
    uploads = TrialUploads(folder, LIMIT, page.upload_file_set.add)
    mount_page(trial.application, page, "/try", lambda app: TrialGate(app, uploads))
    return trial


@contextmanager
def serve(application: Starlette) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, ws="none", log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def mounted(tmp_path_factory) -> Iterator[Trial]:
    trial = asyncio.run(mount_trial(tmp_path_factory.mktemp("trial") / "uploads"))
    with serve(trial.application) as trial.address:
        yield trial


@pytest.fixture
def trial(mounted) -> Trial:
    mounted.asked.clear()
    return mounted


@pytest.fixture
def visit(trial, client_of):
    """`visit(alice)`: her browser at the trial page; `visit(None)`: nobody's."""
    browsers = []

    def open_browser(user, **cookies: str) -> httpx.Client:
        if user is not None:
            cookies[settings.SESSION_COOKIE_NAME] = client_of(user).cookies["sessionid"].value
        browsers.append(httpx.Client(base_url=trial.address, cookies=cookies, headers=trial.ours, timeout=20))
        return browsers[-1]

    yield open_browser
    for browser in browsers:
        browser.close()


def walk_routes(application: Starlette) -> list[tuple[str, str]]:
    """(method, address) of every route that Gradio has, with something in each place."""
    mount = next(route for route in application.routes if isinstance(route, Mount))
    return [(method, fill(route.path)) for route in leaves(mount.app.app.app) for method in sorted(route.methods)]


def leaves(router: Any) -> Iterator[Any]:
    for route in router.routes:
        included = getattr(route, "original_router", None)
        yield from [route] if included is None else leaves(included)


def fill(path: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: FILLED.get(found[1], "1"), path)


def upload(browser: httpx.Client, data: bytes = b"picture", name: str = "Hong Gildong.png"):
    return browser.post("/try/gradio_api/upload", files={"files": (name, data)})


def join(browser: httpx.Client, path: Any, session: str = "abc"):
    item = {"path": path, "url": "http://127.0.0.1:1/", "meta": {"_type": "gradio.FileData"}}
    message = {"data": [item], "fn_index": 0, "session_hash": session, "trigger_id": 1}
    return browser.post("/try/gradio_api/queue/join", json=message)


def read_answer(browser: httpx.Client, session: str = "abc") -> str:
    """The page's last words of a session's stream."""
    lines = browser.get("/try/gradio_api/queue/data", params={"session_hash": session}).text.splitlines()
    messages = [json.loads(line.removeprefix("data: ")) for line in lines if line]
    completed = next(message for message in messages if message["msg"] == "process_completed")
    return completed["output"]["data"][1]


def test_the_walk_sees_all_of_gradios_routes(trial):
    assert len(trial.routes) > 60
    assert ("GET", "/gradio_api/file=1") in trial.routes


def test_nobody_gets_past_any_route(trial, visit):
    browser = visit(None)
    found = {door: browser.request(*address(door)) for door in trial.routes}
    assert {door for door, answer in found.items() if answer.status_code != 401} == {("GET", "/")}
    login = found["GET", "/"]
    assert login.status_code == 302
    assert login.headers["location"] == "/accounts/login/?next=%2Ftry%2F"


def test_a_user_without_a_role_gets_past_no_route(trial, visit, mallory):
    browser = visit(mallory)
    found = {browser.request(*address(door)).status_code for door in trial.routes}
    assert found == {403}


def test_a_reader_finds_only_the_routes_that_the_page_needs(trial, visit, bob):
    browser = visit(bob)
    streams = ("GET", "/gradio_api/queue/data")  # waits for news of a session; has a test of its own
    open_doors = {door for door in trial.routes if door != streams and not shut(browser.request(*address(door)))}
    assert open_doors == NEEDED - {streams}


@pytest.mark.parametrize(
    "path", ["/assets/../x.js", "/static/fonts/../../x", "/gradio_api/file=/etc/passwd", "/config"]
)
def test_no_detour_leads_to_a_file(visit, bob, path):
    assert visit(bob).get(f"/try{path}").status_code == 404


def test_each_role_sees_the_page(visit, alice, bob, dana):
    assert [visit(user).get("/try/").status_code for user in (alice, bob, dana)] == [200, 200, 200]


def test_a_disabled_user_is_nobody(visit, bob):
    browser = visit(bob)
    bob.is_active = False
    bob.save()
    assert browser.get("/try/theme.css").status_code == 401


def test_a_changed_password_ends_the_session(visit, bob):
    browser = visit(bob)
    bob.set_password("another long secret")
    bob.save()
    assert browser.get("/try/theme.css").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "OURS", "sec-fetch-site": "same-site"},
        {"origin": "null"},
        {},
    ],
)
def test_another_site_can_post_nothing(trial, visit, bob, headers):
    browser = visit(bob)
    for name in trial.ours:
        del browser.headers[name]
    headers = {name: trial.address if value == "OURS" else value for name, value in headers.items()}
    answer = browser.post("/try/gradio_api/upload", files={"files": ("x", b"x")}, headers=headers)
    assert answer.status_code == 403
    assert trial.files() == []


def test_an_unknown_host_is_refused(visit, bob):
    assert visit(bob).get("/try/", headers={"host": "evil.example"}).status_code == 400


def test_no_websocket_is_opened(trial):
    sent = []

    async def send(message) -> None:
        sent.append(message["type"])

    mount = next(route for route in trial.application.routes if isinstance(route, Mount))
    asyncio.run(mount.app({"type": "websocket", "path": "/try/"}, None, send))
    assert sent == ["websocket.close"]


def test_the_page_runs_no_script_without_the_nonce_of_this_answer(visit, bob):
    browser = visit(bob)
    first, second = browser.get("/try/"), browser.get("/try/")
    nonce = re.search(r"script-src 'self' 'nonce-([\w-]+)'", first.headers["content-security-policy"])[1]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert len(scripts) >= 5
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert nonce not in second.text
    assert "unsafe-eval" not in first.headers["content-security-policy"]


def test_no_answer_opens_the_page_to_other_origins(visit, bob):
    browser = visit(bob)
    for path in ("/", "/theme.css", "/config", "/assets/x.js"):
        headers = browser.get(f"/try{path}", headers={"origin": "http://evil.example"}).headers
        assert not [name for name in headers if name.startswith("access-control-")]
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors" in headers["content-security-policy"]


def test_the_page_names_no_other_server(visit, bob):
    text = visit(bob).get("/try/").text
    tags = [tag for tag in re.findall(r"<(?:link|script|img|meta|iframe)[^>]*>", text) if "://" in tag]
    assert tags == []
    config = json.loads(re.search(r"window.gradio_config = (.*?);</script>", text)[1])
    assert (config["analytics_enabled"], config["enable_queue"], config["footer_links"]) == (False, True, [])
    assert {dependency["api_visibility"] for dependency in config["dependencies"]} == {"private"}


@pytest.mark.parametrize(("language", "title"), [("ko", "영상 시험해 보기"), ("en", "Try a picture")])
def test_the_page_speaks_the_language_of_the_switch(visit, bob, language, title):
    text = visit(bob, django_language=language).get("/try/", headers={"accept-language": "de"}).text
    assert f'lang="{language}"' in text
    assert f'language:{{value:"{language}"}}' in text
    assert f'"title":"{title}"' in text


def test_a_picture_is_tried_and_leaves_nothing(trial, visit, alice):
    browser = visit(alice, django_language="ko")
    picture = jpeg_bytes(1)
    token = upload(browser, picture).json()[0]
    assert trial.files() == [token]
    assert join(browser, token).status_code == 200
    assert "폐렴: 가능성 높음" in read_answer(browser)
    assert trial.asked == [(picture, "ko", alice.pk)]
    assert trial.files() == []


def test_a_failed_trial_leaves_nothing_either(trial, visit, alice):
    browser = visit(alice)
    join(browser, upload(browser, b"broken").json()[0])
    assert "trial_failed" in read_answer(browser)
    assert trial.files() == []


def test_bob_cannot_try_what_alice_uploaded(trial, visit, alice, bob):
    hers = visit(alice)
    token = upload(hers).json()[0]
    his = visit(bob)
    join(his, token)
    assert "trial_upload_gone" in read_answer(his)
    assert trial.asked == []
    assert trial.files() == [token]
    join(hers, token)
    assert "Pneumonia: likely" in read_answer(hers)


def test_one_session_name_used_by_two_gives_each_his_own_answer(trial, visit, alice, bob):
    hers, his = visit(alice), visit(bob, django_language="ko")
    join(hers, upload(hers, b"hers").json()[0], "same")
    join(his, upload(his, b"his").json()[0], "same")
    assert "폐렴: 가능성 높음" in read_answer(his, "same")
    assert "Pneumonia: likely" in read_answer(hers, "same")
    assert sorted(trial.asked) == [(b"hers", "en", alice.pk), (b"his", "ko", bob.pk)]


@pytest.mark.parametrize("path", ["/etc/passwd", "../1/x", "0" * 31, "0" * 33, "http://127.0.0.1/", 7, None, ["a"]])
def test_a_file_is_named_by_its_token_only(trial, visit, bob, path):
    assert join(visit(bob), path).status_code == 400
    assert trial.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data":[7],"fn_index":0,"session_hash":"a"}', b"[" * 20_000])
def test_a_message_of_another_shape_is_refused(visit, bob, body):
    assert visit(bob).post("/try/gradio_api/queue/join", content=body).status_code == 400


@pytest.mark.parametrize("session", ["", "a-b", "1-abc", "x" * 65])
def test_a_session_name_has_no_room_for_an_owner(visit, bob, session):
    browser = visit(bob)
    assert join(browser, "0" * 32, session).status_code == 400
    assert browser.get("/try/gradio_api/queue/data", params={"session_hash": session}).status_code == 400


def test_a_file_over_the_limit_is_not_stored_and_the_page_says_so(trial, visit, bob):
    browser = visit(bob)
    token = upload(browser, b"x" * 3 * LIMIT).json()[0]
    assert trial.folder.joinpath(str(bob.pk), token).stat().st_blocks == 0
    join(browser, token)
    assert "too_large_file" in read_answer(browser)
    assert (trial.asked, trial.files()) == ([], [])


def test_a_file_beyond_all_measure_is_not_heard_out(trial, visit, bob, monkeypatch):
    monkeypatch.setattr(trial_uploads, "HEARD_OUT_BYTES", 2 * LIMIT)
    browser = visit(bob)
    assert upload(browser, b"x" * 3 * LIMIT).status_code == 413

    def parts():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\n'
        yield from [b"x" * LIMIT] * 3
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert browser.post("/try/gradio_api/upload", content=parts(), headers=headers).status_code == 413
    assert trial.files() == []


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_the_last_part_of_a_file_that_is_too_large_is_not_waited_for_twice(tmp_path, parts):
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\n'
    body = head + b"x" * (LIMIT + trial_uploads.ENVELOPE_BYTES) + b"\r\n--b--\r\n"
    size = -(-len(body) // parts)
    messages = [{"type": "http.request", "body": body[i * size :][:size], "more_body": True} for i in range(parts)]
    messages[-1]["more_body"] = False

    async def receive():
        return messages.pop(0) if messages else await anyio.sleep_forever()

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"multipart/form-data; boundary=b")]}
    uploads = TrialUploads(tmp_path, LIMIT, lambda token: None)

    async def keep():
        with anyio.fail_after(10):
            return await uploads.keep(1, Request(scope, receive))

    assert trial_uploads.TOKEN_FORM.fullmatch(anyio.run(keep))
    assert messages == []


def test_two_files_or_none_are_refused(visit, bob):
    browser = visit(bob)
    two = [("files", ("a", b"a")), ("files", ("b", b"b"))]
    assert browser.post("/try/gradio_api/upload", files=two).status_code == 400
    assert browser.post("/try/gradio_api/upload", content=b"x").status_code == 400


def test_who_uploads_and_never_asks_keeps_four_files_at_most(trial, visit, bob):
    browser = visit(bob)
    tokens = [upload(browser, bytes([number])).json()[0] for number in range(6)]
    assert sorted(trial.files()) == sorted(tokens[-4:])
    for token in tokens:
        trial.folder.joinpath(str(bob.pk), token).unlink(missing_ok=True)


def shut(answer: httpx.Response) -> bool:
    """Whether it is the gate's own 404, not one of Gradio's."""
    return answer.status_code == 404 and answer.headers["content-length"] == "3"


def address(door: tuple[str, str]) -> tuple[str, str]:
    return door[0], f"/try{door[1]}"
