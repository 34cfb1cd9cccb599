"""The list of words for findings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from cases.admin.readonly import ReadOnlyAdmin
from cases.admin_site import admin_site
from cases.findings import services
from cases.models import FindingTerm


@admin.register(FindingTerm, site=admin_site)
class FindingTermAdmin(ReadOnlyAdmin):
    """Added, renamed, moved and retired; kind and code stay once a word is there."""

    stream = "site"
    fields = services.FIELDS
    list_display = ("name_en", "name_ko", "kind", "code", "place", "retired")
    list_filter = ("kind", "retired")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("kind", "code") if obj else ()

    def save_form(self, request: HttpRequest, form: forms.ModelForm[FindingTerm], change: bool) -> FindingTerm:
        """Through the services, with their event."""
        if change:
            return services.change_term(term=form.instance, by=request.user, **form.cleaned_data)
        return services.add_term(by=request.user, **form.cleaned_data)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing: save_form has asked the services."""

    def save_related(self, *args: Any) -> None:
        """Nothing hangs on it."""
