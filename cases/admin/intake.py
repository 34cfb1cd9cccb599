"""What came in: radiographs, uploads, trials."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.showing import link_to_list, reason_in_words
from cases.admin_site import admin_site
from cases.models import Analysis, Radiograph, Trial, Upload


@admin.register(Radiograph, site=admin_site)
class RadiographAdmin(ReadOnlyAdmin):
    """Pictures, and what the reader worker made of them."""

    stream = "case:{0.case_id}"
    looks_are_events = True
    list_display = ("picture", "case_link", "state", "format", "size", "attempts", "uploaded_at", "reason")
    list_filter = ("state", "format", "modality", "uploaded_at")
    list_select_related = ("case",)
    search_fields = ("=case__id", "original_sha256", "pixel_sha256")
    search_help_text = _("Number of the case without C-, or a sha256.")
    ordering = ("-pk",)
    readonly_fields = ("reason", "analyses_link")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "case__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("radiograph"), ordering="pk")
    def picture(self, radiograph: Radiograph) -> str:
        return str(radiograph.pk)

    @admin.display(description=_("size"))
    def size(self, radiograph: Radiograph) -> str:
        return f"{radiograph.width} × {radiograph.height}, {radiograph.bits} bit" if radiograph.width else "-"

    @admin.display(description=_("reason"), ordering="failure_code")
    def reason(self, radiograph: Radiograph) -> str:
        codes = [radiograph.failure_code, *radiograph.refusals]
        return " ".join(reason_in_words(code, radiograph.failure_values) for code in codes if code) or "-"

    @admin.display(description=_("analyses"))
    def analyses_link(self, radiograph: Radiograph) -> SafeString:
        count = str(Analysis.everything.filter(radiograph=radiograph).count())
        return link_to_list("analysis", f"radiograph__id__exact={radiograph.pk}", count)


@admin.register(Upload, site=admin_site)
class UploadAdmin(ReadOnlyAdmin):
    """Files as their senders saw them, the refused ones among them."""

    stream = "upload:{0.pk}"
    list_display = ("at", "by", "state", "bytes", "case_link", "reason")
    list_filter = ("state", "reason_code", "at")
    list_select_related = ("by", "case")
    search_fields = ("by__username", "sha256", "name")
    readonly_fields = ("reason",)

    @admin.display(description=_("reason"), ordering="reason_code")
    def reason(self, upload: Upload) -> str:
        return reason_in_words(upload.reason_code, upload.reason_values)


@admin.register(Trial, site=admin_site)
class TrialAdmin(ReadOnlyAdmin):
    """Pictures of the trial page while they are there: minutes. What the model said stays with who asked."""

    list_display = ("at", "by", "state", "model_version")
    list_filter = ("state",)
    list_select_related = ("by", "model_version")
    search_fields = ("by__username",)
    ordering = ("-at",)
    fields = ("at", "by", "state", "model_version")
