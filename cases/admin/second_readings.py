"""Second readings, and the one thing that an administrator does with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.acting import ReasonForm, act_on_each, answered, ask
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin_site import admin_site
from cases.models import SecondReading
from cases.second.services import close


@admin.register(SecondReading, site=admin_site)
class SecondReadingAdmin(ReadOnlyAdmin):
    """Cases that were drawn for a second reader, and what became of them; one that waits for nobody can be closed."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("drawn_at", "case_link", "why", "state", "signed_verdict", "second_verdict", "done_at")
    list_filter = ("state", "why", "drawn_at")
    list_select_related = ("case",)
    search_fields = ("=case__id", "first_reader__username", "second_reader__username")
    search_help_text = gettext_lazy("Number of the case without C-, or a user name.")
    actions = ("close_readings",)

    @admin.action(description=gettext_lazy("Close without a reader (asks for the reason)"))
    def close_readings(self, request: HttpRequest, rows: QuerySet[SecondReading]) -> HttpResponse | None:
        form = answered(request, ReasonForm)
        if not form.is_valid():
            text = _(
                "Nobody reads these cases anew, and nothing of them is kept back any more. What is signed stays; where "
                "two readers differ, nobody decides between them."
            )
            return ask(request, self, rows, form, title=_("Close these second readings?"), text=text)
        reason: Any = form.cleaned_data["reason"]
        act_on_each(
            request, rows, lambda row: close(case=row.case, by=request.user, reason=reason), _("Closed: %(count)s")
        )
        return None
