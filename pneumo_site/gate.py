"""The gate in front of the trial page: who may come in, by which doors, with what in their hands.

Gradio's own check leaves doors open, and its files and events belong to whoever names them. So every request passes
here first, and what Gradio then gets to see is rebuilt: a session name carries its owner, a file is named by a token
that is only good for the one who uploaded it.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http.request import validate_host
from django.shortcuts import resolve_url
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inference.page_shell import LANGUAGE_KEY, USER_KEY, dress
from pneumo_site.trial_uploads import NEUTRAL_NAME, TooLarge, TrialUploads, bound, read_all
from pneumo_site.visitors import Visitor, find_visitor

MAX_MESSAGE_BYTES = 16 * 1024
SESSION = re.compile(r"[A-Za-z0-9]{1,64}")
# What a browser asks for while a picture is tried; each of Gradio's other routes is as good as absent.
PUBLIC_DOORS = re.compile(r"/|/assets/[\w.~-]+|/static/(?:fonts|img|js|css)/[\w./~-]+|/theme\.css")
UPLOAD, PROGRESS = "/gradio_api/upload", "/gradio_api/upload_progress"
JOIN, ANSWERS = "/gradio_api/queue/join", "/gradio_api/queue/data"


class Refused(Exception):
    """The request ends here with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class TrialGate:
    """ASGI wrapper around everything of the page. `uploads` keeps the files that wait to be looked at."""

    def __init__(self, app: ASGIApp, uploads: TrialUploads) -> None:
        self.app = app
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """401 or the login page for nobody, 403 for no role or another site, 404 for any door that is not needed."""
        if scope["type"] != "http":  # no part of the page needs a WebSocket
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            visitor = await self._admit(scope)
            await self._open_door(visitor, scope, receive, send)
        except Refused as refused:
            await refused.response(scope, receive, dress(send))

    async def _admit(self, scope: Scope) -> Visitor:
        headers = Headers(scope=scope)
        check_host(headers)
        visitor = await sync_to_async(find_visitor, thread_sensitive=False)(headers)
        if visitor is None:
            raise Refused(_ask_for_login(scope))
        if not visitor.role:
            raise Refused(PlainTextResponse("403: no role", status_code=403))
        if scope["method"] not in ("GET", "HEAD"):
            check_same_origin(headers)
        return visitor

    async def _open_door(self, visitor: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        door = (scope["method"], inner_path(scope))
        scope = {**scope, USER_KEY: visitor.id, LANGUAGE_KEY: visitor.language}
        if door == ("POST", UPLOAD):
            await (await self._keep_upload(visitor, scope, receive))(scope, receive, dress(send))
        elif door == ("POST", JOIN):
            body = await self._rebuild_message(visitor, scope, receive)
            await self.app(_with_body(scope, body), _replay(body, receive), send)
        elif door == ("GET", ANSWERS):
            await self.app(_with_own_session(scope, visitor), receive, send)
        elif door == ("GET", PROGRESS):
            await _progress_done()(scope, receive, dress(send))
        elif door[0] == "GET" and PUBLIC_DOORS.fullmatch(door[1]) and ".." not in door[1]:
            await self.app(scope, receive, send)
        else:
            raise Refused(PlainTextResponse("404", status_code=404))

    async def _keep_upload(self, visitor: Visitor, scope: Scope, receive: Receive) -> Response:
        try:
            token = await self.uploads.keep(visitor.id, Request(scope, receive))
        except TooLarge:
            return PlainTextResponse("413: the file is too large", status_code=413)
        except ValueError:
            return PlainTextResponse("400: one file, please", status_code=400)
        return JSONResponse([token])

    async def _rebuild_message(self, visitor: Visitor, scope: Scope, receive: Receive) -> bytes:
        try:
            message = json.loads(await read_all(bound(receive, MAX_MESSAGE_BYTES)))
            rebuilt = {
                "data": [self._rebuild_file(visitor, item) for item in message["data"]],
                "fn_index": int(message["fn_index"]),
                "session_hash": own_session(visitor, message["session_hash"]),
                "trigger_id": None if message.get("trigger_id") is None else int(message["trigger_id"]),
            }
        except (ValueError, KeyError, TypeError, RecursionError, TooLarge):
            raise Refused(PlainTextResponse("400", status_code=400)) from None
        return json.dumps(rebuilt).encode()

    def _rebuild_file(self, visitor: Visitor, item: dict[str, Any] | None) -> dict[str, Any] | None:
        if item is None:
            return None
        path = self.uploads.path(visitor.id, item["path"])
        return {"path": str(path), "orig_name": NEUTRAL_NAME, "meta": {"_type": "gradio.FileData"}}


def inner_path(scope: Scope) -> str:
    """The path below the mount, without a closing slash."""
    inner: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return inner.rstrip("/") or "/"


def check_host(headers: Headers) -> None:
    """Raise Refused where the Host header names none of ALLOWED_HOSTS (Gradio builds addresses from it)."""
    name = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    name = f"[{name}]" if ":" in name else name
    if not validate_host(name, settings.ALLOWED_HOSTS):
        raise Refused(PlainTextResponse("400: unknown host", status_code=400))


def check_same_origin(headers: Headers) -> None:
    """Raise Refused unless the browser says that the request comes from our own pages. Silence is no proof."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = urlsplit(origin or "").netloc == headers.get("host") or origin in settings.CSRF_TRUSTED_ORIGINS
    if (site is None and origin is None) or site not in (None, "same-origin") or (origin is not None and not ours):
        raise Refused(PlainTextResponse("403: another site", status_code=403))


def own_session(visitor: Visitor, name: object) -> str:
    """The session's name with its owner in it, so that nobody can name another's. Raises ValueError."""
    if not isinstance(name, str) or not SESSION.fullmatch(name):
        raise ValueError("no session name")
    return f"{visitor.id}-{name}"


def _ask_for_login(scope: Scope) -> Response:
    wants_page = scope["method"] == "GET" and inner_path(scope) == "/"
    if not wants_page:
        return PlainTextResponse("401: log in first", status_code=401)
    target = urlencode({"next": f"{scope.get('root_path', '')}/"})
    return RedirectResponse(f"{resolve_url(settings.LOGIN_URL)}?{target}", status_code=302)


def _with_own_session(scope: Scope, visitor: Visitor) -> Scope:
    names = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])
    try:
        query = urlencode({"session_hash": own_session(visitor, names[0])})
    except ValueError:
        raise Refused(PlainTextResponse("400", status_code=400)) from None
    return {**scope, "query_string": query.encode("ascii")}


def _with_body(scope: Scope, body: bytes) -> Scope:
    kept = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"transfer-encoding")]
    return {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode("ascii"))]}


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def receive_again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return receive_again


def _progress_done() -> Response:
    # The upload is ours, so Gradio has no progress to tell; the front end only wants to hear the end of it.
    return Response('data: {"msg": "done"}\n\n', media_type="text/event-stream")
