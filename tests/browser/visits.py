"""People at their browsers: logged in by the form, and watched: no request leaves this machine, no policy is broken."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.clinic import Clinic
from tests.making import PASSWORD

HERE = {"127.0.0.1", "localhost"}
LOCALES = {"en": "en-US", "ko": "ko-KR"}
SIZE = {"width": 1440, "height": 900}
WAIT = 60_000  # ms; the machine may be busy
REFUSED_STATUS = "Failed to load resource: the server responded with a status of 4"  # a refusal that the page words


class Visits:
    """Opens pages as somebody; `complaints` collects what no page may do."""

    def __init__(self, browser: Browser, clinic: Clinic, logins: dict[str, Any]) -> None:
        self.browser = browser
        self.clinic = clinic
        self.logins = logins
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._contexts: list[BrowserContext] = []

    def __call__(self, person: str = "", *, language: str = "en", **options: Any) -> Page:
        """A page in a browser of its own, in which this person has logged in ("": nobody)."""
        if person and person not in self.logins:
            self.log_in(person)
        return self._context(self.logins.get(person), language, **options).new_page()

    def log_in(self, person: str) -> Page:
        """Through the form; what the browser keeps of it serves the next visits."""
        page = self._context(None, "en").new_page()
        page.goto("/accounts/login/")
        page.get_by_label("User name").fill(person)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page).to_have_url(f"{self.clinic.address}/")
        self.logins[person] = page.context.storage_state()
        return page

    def close(self) -> None:
        """Every browser of this test."""
        for context in self._contexts:
            context.close()

    def _context(self, login: Any, language: str, **options: Any) -> BrowserContext:
        options = {"viewport": SIZE, "reduced_motion": "reduce"} | options
        context = self.browser.new_context(
            base_url=self.clinic.address, storage_state=login, locale=LOCALES[language], **options
        )
        context.set_default_timeout(WAIT)
        context.on("request", self._note_request)
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.complaints.append(f"error of a script: {error.error}"))
        self._contexts.append(context)
        return context

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in HERE:
            self.complaints.append(f"asks outside: {request.url}")

    def _note_console(self, line: ConsoleMessage) -> None:
        if line.type == "error" and not line.text.startswith(REFUSED_STATUS):
            self.complaints.append(f"console: {line.text} ({line.location.get('url')})")
