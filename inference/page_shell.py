"""What stands around the trial page's HTML: the reader's language, a content policy with a nonce, no CORS headers.

Gradio's page has inline scripts without a nonce and asks the browser for the language. This ASGI wrapper rewrites
the one HTML answer, so that no inline script but Gradio's own runs and the page speaks the language that was chosen.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGES = ("en", "ko")
LANGUAGE_COOKIE = "django_language"  # the name that Django's set_language writes
THEME_COOKIE = "theme"  # the name that the application's theme switch writes; absent or "auto": the system decides
LANGUAGE_KEY = "pneumo.language"  # a gate in front may have chosen already, and says so in the scope
USER_KEY = "pneumo.user_id"  # the number of the person, where a gate in front has asked
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
YEAR = 31_536_000


def choose_language(headers: Headers) -> str:
    """ "en" or "ko": the cookie of the language switch, else what the browser asks for first, else English."""
    chosen = read_cookie(headers, LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    asked = (part.split(";")[0].strip().lower()[:2] for part in headers.get("accept-language", "").split(","))
    return next((language for language in asked if language in LANGUAGES), "en")


def read_cookie(headers: Headers, name: str) -> str:
    """The value of a cookie, empty where there is none."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


class PageShell:
    """ASGI wrapper around the mounted Gradio app; `scope["root_path"]` is where it is mounted.

    `titles` is the page's title in each language; Gradio's configuration carries the English one.
    """

    def __init__(self, app: ASGIApp, titles: Mapping[str, str]) -> None:
        self.app = app
        self.titles = titles

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the language in its scope; dress the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = dict(scope)
        scope.setdefault(LANGUAGE_KEY, choose_language(Headers(scope=scope)))
        inner = scope["path"].removeprefix(scope.get("root_path", ""))
        if inner in ("", "/"):
            await self._answer_page(scope, receive, send)
        else:
            await self.app(scope, receive, dress(send, keep=inner.startswith("/assets/")))

    async def _answer_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The body is rewritten, so it must come plain and whole; whoever stands in front may compress it.
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        nonce, body = secrets.token_urlsafe(16), bytearray()
        start: Message = {}

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self.app(scope, receive, keep)
        html = rewrite_page(bytes(body), nonce, scope[LANGUAGE_KEY], self.titles)
        html = _choose_theme(html, read_cookie(Headers(scope=scope), THEME_COOKIE))
        headers = _clean(start["headers"], "no-store", POLICY.format(nonce=nonce))
        if scope["method"] != "HEAD":
            headers["content-length"] = str(len(html))
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": html})


def rewrite_page(html: bytes, nonce: str, language: str, titles: Mapping[str, str]) -> bytes:
    """Gradio's index page with a nonce on its scripts, in the chosen language, without a link to anywhere else."""
    text = html.decode("utf-8").replace(_title(titles["en"]), _title(titles[language]))
    text = re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', text)
    text = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*', "", text)
    text = re.sub(r'<link rel="manifest"[^>]*>\s*', "", text)
    text = re.sub(r'<html(\s+)lang="en"', rf'<html\1lang="{language}"', text, count=1)
    return text.replace("<head>", "<head>" + _head_start(nonce, language), 1).encode("utf-8")


def _choose_theme(html: bytes, theme: str) -> bytes:
    if theme not in ("light", "dark"):
        return html
    return html.replace(b"<gradio-app", f'<gradio-app theme_mode="{theme}"'.encode("ascii"), 1)


def _title(title: str) -> str:
    return f'"title":{json.dumps(title, ensure_ascii=False)}'


def _head_start(nonce: str, language: str) -> str:
    # Gradio's front end knows no other switch than what the navigator says.
    settings = f'{{language:{{value:"{language}"}},languages:{{value:["{language}"]}}}}'
    icon = '<link rel="icon" href="data:,">'
    return f'{icon}<script nonce="{nonce}">Object.defineProperties(navigator,{settings})</script>'


def dress(send: Send, keep: bool = False) -> Send:
    """`send`, with our headers on whatever is not the page itself; `keep` where a browser may keep it for a year."""
    policy = "default-src 'none'; frame-ancestors 'none'; sandbox"

    async def send_dressed(message: Message) -> None:
        if message["type"] == "http.response.start":
            # Names under assets/ carry a hash of their content.
            cache = f"private, max-age={YEAR}, immutable" if keep and message["status"] < 300 else "no-store"
            message = {**message, "headers": _clean(message.get("headers", []), cache, policy).raw}
        await send(message)

    return send_dressed


def _clean(headers: Iterable[tuple[bytes, bytes]], cache: str, policy: str) -> MutableHeaders:
    kept = [pair for pair in headers if not pair[0].lower().startswith(b"access-control-")]
    cleaned = MutableHeaders(raw=kept)
    cleaned.update({**HEADERS, "cache-control": cache, "content-security-policy": policy, "vary": "Cookie"})
    return cleaned
