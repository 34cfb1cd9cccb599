"""One thread for the whole of a request.

Django walks through middleware that could be asynchronous one by one, from the event loop to the request's thread and
back for each, twice: some thirty changes, which cost as much as a page's queries. One that can't be, at the inner end,
makes Django pass the whole row in one go.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThreadMiddleware:
    """Does nothing; that it is not asynchronous is its whole purpose. Last in MIDDLEWARE."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)
