"""Pages made for one test: the product's modules, templates and policy; the test answers every request itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from playwright.sync_api import Browser, Page, Route

STATIC = Path(settings.BASE_DIR) / "cases" / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.\w+$)")
SIZE = {"width": 1000, "height": 800}
Answers = dict[str, Callable[[Route], None]]


@contextmanager
def own_pages(chromium: Browser, size: Any = SIZE, script: str = "") -> Iterator[Callable[..., Page]]:
    """Opens HTML as http://parts.test/, under the product's policy; any complaint of the browser fails the test.

    `script` runs before every page.
    """
    complaints: list[str] = []
    context = chromium.new_context(viewport=size)
    context.add_init_script(script)

    def open_html(html: str, answers: Answers | None = None) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None
        )
        page.route("**/*", lambda route: _answer(route, html, answers or {}))
        page.goto("http://parts.test/")
        return page

    yield open_html
    context.close()
    assert complaints == []


def _answer(route: Route, html: str, answers: Answers) -> None:
    path = HASH.sub("", urlparse(route.request.url).path)  # templates name what another test has collected by its hash
    if path in answers:
        answers[path](route)
    elif path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": POLICY})
    elif path.startswith("/static/") and (STATIC / path[8:]).is_file():
        file = STATIC / path[8:]
        route.fulfill(body=file.read_bytes(), content_type=TYPES.get(file.suffix, "application/octet-stream"))
    else:
        route.fulfill(status=404)


def module(name: str) -> str:
    """The tag that loads a module of the product."""
    return f'<script type="module" src="/static/cases/{name}"></script>'
