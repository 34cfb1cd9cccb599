"""What every admin page of ours has in common: looked at by administrators, written only through services."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.admin.showing import link_to
from cases.models import Case
from cases.reading.services import note_opening


class SearchInSession(ChangeList):
    """A list whose search is in the session: what is searched for is often a patient, and URLs land in logs."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.query = request.session.get(search_key(self.model), "")
        return super().get_queryset(request, exclude_parameters)


def search_key(model: type[Model]) -> str:
    """Where in the session the search of a model's list is kept."""
    return f"admin-search-{model._meta.model_name}"


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model that administrators look at; permissions come from the role alone.

    Attributes:
        stream: the stream of an object's events, as a format string ("case:{0.pk}"); "" where it has none.
        looks_are_events: opening an object of a case is written down as opening the case.
    """

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    stream = ""
    looks_are_events = False

    @admin.display(description=_("case"), ordering="case")
    def case_link(self, obj: Any) -> SafeString | str:
        """The page of the case that an object belongs to, for the lists that name it."""
        return link_to(obj.case)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # The chain of events is the record; Django's own log would be a second one, with names in it.
    def log_addition(self, request: HttpRequest, *args: Any) -> None:
        """Nothing: services write events."""

    def log_change(self, request: HttpRequest, *args: Any) -> None:
        """Nothing: services write events."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SearchInSession

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; a search comes by POST and is kept in the session."""
        if SEARCH_VAR in request.POST:
            request.session[search_key(self.model)] = request.POST[SEARCH_VAR].strip()[:200]
        if SEARCH_VAR in request.POST or SEARCH_VAR in request.GET:
            kept = request.GET.copy()
            for name in (SEARCH_VAR, PAGE_VAR, IS_POPUP_VAR):
                kept.pop(name, None)
            return redirect(f"{request.path}?{kept.urlencode()}" if kept else request.path)
        title = {"title": capfirst(self.opts.verbose_name_plural)}  # Django's own is clumsy in Korean
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An object's history is its stream of events."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        request.session.pop("admin-search-event", None)
        query = urlencode({"stream": self.stream.format(obj)}) if self.stream else ""
        return redirect(f"{reverse('admin:cases_event_changelist')}?{query}")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The object's page; looking at a patient's data is an event."""
        obj = kwargs.get("obj")
        if obj is not None and self.looks_are_events and request.method == "GET":
            note_opening(case=obj if isinstance(obj, Case) else obj.case, by=request.user)
        if obj is not None:
            context["title"] = capfirst(self.opts.verbose_name)
        return super().render_change_form(request, context, *args, **kwargs)


class WrittenAdmin(ReadOnlyAdmin):
    """A model that administrators write: `save_form` of each asks the services, with their events."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing: save_form has asked the services."""

    def save_related(self, *args: Any) -> None:
        """Nothing hangs on it."""
