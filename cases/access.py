"""Who may see a page: role checks for views, the context that every page needs, and no caching of what is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cases.models import Case

View = Callable[..., HttpResponse]


def for_roles(*roles: str) -> Callable[[View], View]:
    """Only logged-in users with one of these roles; others are sent to the login, or get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if getattr(request.user, "role", "") not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


STAFF = ("radiographer", "radiologist", "administrator")
for_staff = for_roles(*STAFF)
for_radiologists = for_roles("radiologist")
for_administrators = for_roles("administrator")


def visible_case(request: HttpRequest, case_id: int) -> Case:
    """The case, if this user may see it; else the same 404 as for a number that does not exist."""
    cases = Case.objects.visible_to(request.user).select_related("patient", "claimed_by", "top_analysis__model_version")
    return get_object_or_404(cases, pk=case_id)


class NoStoreMiddleware:
    """Pages and pictures of patients are not kept by any cache."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._later(request)
        return _unstored(self.get_response(request))

    async def _later(self, request: HttpRequest) -> Any:
        return _unstored(await self.get_response(request))


def _unstored(response: HttpResponse) -> HttpResponse:
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def site_context(request: HttpRequest) -> dict[str, Any]:
    """What every page shows: the kind of site, and the role of the user; a refused host has no user yet."""
    return {"site_kind": settings.SITE_KIND, "role": getattr(getattr(request, "user", None), "role", "")}


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 with a sentence."""
    return render(request, "403.html", status=403)
