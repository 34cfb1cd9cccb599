"""Templates of the site; readers' own phrases are looked at only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from cases.admin.readonly import WrittenAdmin
from cases.admin_site import admin_site
from cases.models import Phrase
from cases.phrases import services


@admin.register(Phrase, site=admin_site)
class PhraseAdmin(WrittenAdmin):
    """Templates are added, changed and retired."""

    stream = "site"
    fields = services.TEMPLATE_FIELDS
    list_display = ("name", "verdict", "owner", "place", "retired")
    list_filter = ("verdict", "retired")
    list_select_related = ("owner",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.owner_id is None)

    def save_form(self, request: HttpRequest, form: forms.ModelForm[Phrase], change: bool) -> Phrase:
        """Through the service, with its event."""
        template = form.instance if change else None
        return services.write_template(by=request.user, template=template, **form.cleaned_data)
