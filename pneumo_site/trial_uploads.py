"""Files that wait to be tried: one folder per person, names that say nothing, bounded in size and number."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

NEUTRAL_NAME = "upload"
TOKEN_FORM = re.compile(r"[0-9a-f]{32}")
ENVELOPE_BYTES = 16 * 1024  # what a multipart form may add around the file
WAITING_FILES = 4


class TooLarge(Exception):
    """More bytes came than are allowed."""


class TrialUploads:
    """The folder, its limit in bytes per file, and whom to tell of each file so that it is cleaned up later."""

    def __init__(self, folder: Path, max_bytes: int, remember: Callable[[str], None]) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.remember = remember

    async def keep(self, person: int, request: Request) -> str:
        """Store the one file of a form; its token. Raises TooLarge, or ValueError where it is not one file."""
        limit = self.max_bytes + ENVELOPE_BYTES
        if int(request.headers.get("content-length") or 0) > limit:  # a false one is caught while reading
            raise TooLarge
        bounded = Request(request.scope, bound(request.receive, limit))
        try:
            async with bounded.form(max_files=1, max_fields=0) as form:
                upload = form.get("files")
                if not isinstance(upload, UploadFile):
                    raise ValueError("no file")
                return await anyio.to_thread.run_sync(self._write, person, upload.file)
        except (HTTPException, MultiPartException, ClientDisconnect) as error:
            raise ValueError("not one file") from error

    def path(self, person: int, token: object) -> Path:
        """Where the file of this person's token lies, if it still does. Raises ValueError for what is no token."""
        if not isinstance(token, str) or not TOKEN_FORM.fullmatch(token):
            raise ValueError("no token")
        return self.folder / str(person) / token

    def _write(self, person: int, source: BinaryIO) -> str:
        token = secrets.token_hex(16)
        path = self.path(person, token)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(path.parent)
        self.remember(str(path))
        with path.open("xb") as target:
            shutil.copyfileobj(source, target)
        return token

    def _make_room(self, folder: Path) -> None:
        # Who uploads and never asks fills no disk: the oldest makes room.
        waiting = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in waiting[: max(0, len(waiting) - WAITING_FILES + 1)]:
            path.unlink(missing_ok=True)


def bound(receive: Receive, limit: int) -> Receive:
    """The same stream, that raises TooLarge once more than `limit` bytes have come, whatever its header promised."""
    seen = 0

    async def receive_bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLarge
        return message

    return receive_bounded


async def read_all(receive: Receive) -> bytes:
    """The whole body."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)
