"""How much a request may send: what its header says, and what comes."""

from __future__ import annotations

import asyncio

import pytest

from pneumo_site import bodies
from pneumo_site.bodies import BoundedBodies


async def counting(scope, receive, send) -> None:
    """An application that reads its whole body, as Django does, and answers with its size."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def answer_to(path: str, chunks: list[bytes], declared: int | None = None) -> tuple[int, str, int]:
    """Status, text, and how many chunks were taken in."""
    sent: list[dict] = []
    waiting = list(chunks)

    async def receive():
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message) -> None:
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    asyncio.run(BoundedBodies(counting)(scope, receive, send))
    return sent[0]["status"], sent[-1]["body"].decode(), len(chunks) - len(waiting)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch):
    monkeypatch.setattr(bodies, "FORM_BYTES", 10)
    monkeypatch.setattr(bodies, "LIMITS", {"/upload/file/": 100})


def test_what_fits_passes():
    assert answer_to("/accounts/login/", [b"12345", b"67890"], declared=10) == (200, "10", 2)


def test_a_declared_size_above_the_limit_is_refused_unread():
    status, text, taken = answer_to("/accounts/login/", [b"x"] * 11, declared=11)
    assert (status, taken) == (413, 0)
    assert "Nothing was kept" in text
    assert "저장된 것은 없습니다" in text


def test_a_body_that_lies_about_its_size_is_cut_off():
    status, _, taken = answer_to("/", [b"12345"] * 100, declared=5)
    assert (status, taken) == (413, 3)


def test_a_body_without_a_size_is_counted():
    assert answer_to("/", [b"12345"] * 100)[0] == 413


def test_only_the_upload_takes_files():
    assert answer_to("/upload/file/", [b"12345"] * 20)[:2] == (200, "100")
    assert answer_to("/upload/file/", [b"12345"] * 21)[0] == 413
    assert answer_to("/upload/file", [b"12345"] * 20)[0] == 413
