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
HEARD_OUT_BYTES = 1024 * 1024 * 1024  # a browser that is cut off while it sends tells its user nothing
WAITING_FILES = 4


class TooLarge(Exception):
    """More bytes came than are allowed: so many, and perhaps there are more."""

    def __init__(self, seen: int = 0, more: bool = False) -> None:
        self.seen, self.more = seen, more


class TrialUploads:
    """The folder, its limit in bytes per file, and whom to tell of each file so that it is cleaned up later."""

    def __init__(self, folder: Path, max_bytes: int, remember: Callable[[str], None]) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.remember = remember

    async def keep(self, person: int, request: Request) -> str:
        """Store the one file of a form; its token. Raises ValueError where it is not one file.

        Of a file that is too large only its being so is stored, for the page to say it in words; TooLarge is raised
        where the rest is not even worth hearing out.
        """
        if int(request.headers.get("content-length") or 0) > HEARD_OUT_BYTES:  # a false one is caught while reading
            raise TooLarge
        receive = bound(request.receive, HEARD_OUT_BYTES)
        try:
            return await self._keep_file(
                person, Request(request.scope, bound(receive, self.max_bytes + ENVELOPE_BYTES))
            )
        except TooLarge as error:
            if error.seen > HEARD_OUT_BYTES:
                raise
            if error.more:  # after the last part there is nothing to wait for
                await read_out(receive)
            return await anyio.to_thread.run_sync(self._write, person, None)

    async def _keep_file(self, person: int, bounded: Request) -> str:
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

    def _write(self, person: int, source: BinaryIO | None) -> str:
        token = secrets.token_hex(16)
        path = self.path(person, token)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(path.parent)
        self.remember(str(path))
        with path.open("xb") as target:
            if source is None:
                target.truncate(self.max_bytes + 1)  # takes no room on the disk
            else:
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
            raise TooLarge(seen, message.get("more_body", False))
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


async def read_out(receive: Receive) -> None:
    """Hear the rest of a body and keep nothing of it."""
    while (await receive()).get("more_body", False):
        pass
