"""Server-sent events: a case's id whenever one changes. The page then fetches again, and rights are checked there."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from cases.access import STAFF
from cases.live import event_stream


async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream; 403 to whoever has no role, 204 where there is no Redis: the page then polls."""
    user = await request.auser()
    if getattr(user, "role", "") not in STAFF:
        return HttpResponse(status=403)
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    if not settings.REDIS_URL:
        return HttpResponse(status=204)
    # A page stays open for hours: its stream must not hold the connection that asked who it is.
    await sync_to_async(close_old_connections)()
    return StreamingHttpResponse(
        event_stream(),
        content_type="text/event-stream",
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
