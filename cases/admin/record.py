"""What people said and did, and which workers are alive. Looked at, never changed."""

from __future__ import annotations

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.showing import result_of
from cases.admin_site import admin_site
from cases.models import CriticalResult, Event, EventHead, Opinion, Reading, Report, WorkerPulse


@admin.register(Event, site=admin_site)
class EventAdmin(ReadOnlyAdmin):
    """Who did what, when; `?stream=case:12` is the history of one case."""

    list_display = ("at", "who", "verb", "case_link", "stream", "said")
    list_filter = ("at", "verb")
    list_select_related = ("actor", "case")
    search_fields = ("=stream", "=verb", "actor__username")
    search_help_text = _("A stream such as case:12, a verb, or a user name.")
    ordering = ("-pk",)
    readonly_fields = ("case_link",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "stream" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("who"), ordering="actor")
    def who(self, event: Event) -> str:
        return event.actor.username if event.actor else "-"

    @admin.display(description=_("details"))
    def said(self, event: Event) -> str:
        text = json.dumps(event.details, ensure_ascii=False)
        return text if len(text) <= 120 else f"{text[:119]}…"


@admin.register(EventHead, site=admin_site)
class EventHeadAdmin(ReadOnlyAdmin):
    """The newest event of each stream; `manage.py verify_events` compares them with the chain."""

    list_display = ("stream", "seq", "mac")
    search_fields = ("=stream",)
    ordering = ("stream",)
    stream = "{0.stream}"


@admin.register(Reading, site=admin_site)
class ReadingAdmin(ReadOnlyAdmin):
    """What readers said; the newest of a case counts."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("at", "case_link", "reader", "verdict", "shown", "about_model")
    list_filter = ("verdict", "about_model", "at")
    list_select_related = ("case", "reader", "shown_analysis__model_version")
    search_fields = ("=case__id", "reader__username")
    search_help_text = _("Number of the case without C-, or a user name.")

    @admin.display(description=_("what the model had said"))
    def shown(self, reading: Reading) -> str:
        return result_of(reading.shown_analysis)


@admin.register(Opinion, site=admin_site)
class OpinionAdmin(ReadOnlyAdmin):
    """What readers thought before something was shown to them."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("at", "case_link", "reader", "kind", "verdict", "confidence", "said")
    list_filter = ("kind", "verdict", "at")
    list_select_related = ("case", "reader", "analysis__model_version")
    search_fields = ("=case__id", "reader__username")
    search_help_text = _("Number of the case without C-, or a user name.")

    @admin.display(description=_("answer of the model at that time"))
    def said(self, opinion: Opinion) -> str:
        return result_of(opinion.analysis)


@admin.register(Report, site=admin_site)
class ReportAdmin(ReadOnlyAdmin):
    """Signed versions."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("signed_at", "case_link", "version", "signed_by", "reason", "content_sha256")
    list_filter = ("signed_at",)
    list_select_related = ("case", "signed_by")
    search_fields = ("=case__id", "signed_by__username", "content_sha256")
    search_help_text = _("Number of the case without C-, a user name, or a sha256.")
    ordering = ("-pk",)
    exclude = ("content",)
    readonly_fields = ("text",)

    @admin.display(description=_("content"))
    def text(self, report: Report) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(report.content, indent=1, ensure_ascii=False))


@admin.register(CriticalResult, site=admin_site)
class CriticalResultAdmin(ReadOnlyAdmin):
    """Critical findings and whether somebody was told."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("opened_at", "case_link", "state", "opened_by", "received_at")
    list_filter = ("state", "opened_at")
    list_select_related = ("case", "opened_by")
    search_fields = ("=case__id", "opened_by__username")
    search_help_text = _("Number of the case without C-, or a user name.")


@admin.register(WorkerPulse, site=admin_site)
class WorkerPulseAdmin(ReadOnlyAdmin):
    """Last signs of life; the status page says what they mean."""

    list_display = ("name", "kind", "at", "facts")
    list_filter = ("kind",)
    search_fields = ("name",)
