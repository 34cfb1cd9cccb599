"""The list of words for findings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from cases.admin.readonly import WrittenAdmin
from cases.admin_site import admin_site
from cases.findings import services
from cases.models import FindingTerm


@admin.register(FindingTerm, site=admin_site)
class FindingTermAdmin(WrittenAdmin):
    """Added, renamed, moved and retired; kind and code stay once a word is there."""

    stream = "site"
    fields = services.FIELDS
    list_display = ("name_en", "name_ko", "kind", "code", "place", "retired")
    list_filter = ("kind", "retired")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("kind", "code") if obj else ()

    def save_form(self, request: HttpRequest, form: forms.ModelForm[FindingTerm], change: bool) -> FindingTerm:
        """Through the services, with their event."""
        if change:
            return services.change_term(term=form.instance, by=request.user, **form.cleaned_data)
        return services.add_term(by=request.user, **form.cleaned_data)
