"""How much a request may send. Django spools a whole body to the disk before any view is asked; this stops it there."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.door import MAX_FILE_BYTES
from pneumo_site.trial_uploads import TooLarge, bound

MARGIN = 1024 * 1024  # the form around the file
FORM_BYTES = 4 * 1024 * 1024
MANY_FILES_BYTES = 1024 * 1024 * 1024  # the upload page without JavaScript sends all files at once
LIMITS = {"/upload/file/": MAX_FILE_BYTES + MARGIN, "/upload/": MANY_FILES_BYTES}
SENTENCE = (
    "413: this is more than can be sent at once. Nothing was kept. Send fewer or smaller files.\n"
    "한 번에 보낼 수 있는 크기를 넘었습니다. 저장된 것은 없습니다. 더 적거나 작은 파일로 나누어 보내 주세요.\n"
)


class BoundedBodies:
    """ASGI wrapper: 413 for a body above the limit of its address, whether its header says so or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = LIMITS.get(scope["path"], FORM_BYTES)
        if _declared(scope) > limit:
            return await _refuse(scope, receive, send)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, bound(receive, limit), sending)
        except TooLarge:
            if not started:
                await _refuse(scope, receive, send)


def _declared(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Connection": "close", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    await PlainTextResponse(SENTENCE, status_code=413, headers=headers)(scope, receive, send)
