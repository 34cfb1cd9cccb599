"""Model versions, which one runs, and what they said."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.showing import link_to, reason_in_words, result_of
from cases.admin_site import admin_site
from cases.models import Activation, Analysis, Embedding, HeatMap, ModelVersion, Site
from cases.oversight.services import activate_model, stop_model
from cases.oversight.shadows import set_shadow
from cases.rules import RuleBroken
from cases.wording import rule_sentence


def reason_field() -> forms.CharField:
    """Why it is done; kept with the event."""
    return forms.CharField(
        label=gettext_lazy("Reason"), min_length=3, max_length=500, widget=forms.Textarea({"rows": 3})
    )


def share_field(label: str | Promise, help_text: str | Promise) -> forms.FloatField:
    """A number from 0 to 1."""
    widget = forms.NumberInput({"step": "any"})
    return forms.FloatField(label=label, help_text=help_text, min_value=0, max_value=1, widget=widget)


class ActivationForm(forms.Form):
    """Why this version is to run, and with which operating points; the bundle proposes them."""

    reason = reason_field()
    sensitive = share_field(gettext_lazy("Sensitive threshold"), gettext_lazy("Below it a picture is called unlikely."))
    specific = share_field(gettext_lazy("Specific threshold"), gettext_lazy("From it on a picture is called likely."))


class ShadowForm(forms.Form):
    """On how many of the cases this version is asked too, and why."""

    share = share_field(
        gettext_lazy("Share of the cases"),
        gettext_lazy("1 is every case, 0.1 every tenth, 0 none. Which ones is drawn when they come in."),
    )
    reason = reason_field()


class StopForm(forms.Form):
    """Why this version is asked no more."""

    reason = reason_field()


@admin.register(ModelVersion, site=admin_site)
class ModelVersionAdmin(ReadOnlyAdmin):
    """Registered bundles (`manage.py add_model`), and the page that makes one the version that runs."""

    stream = "model:{0.name}"
    list_display = ("name", "version", "active", "calibrated", "short_sha256", "registered_at", "activate")
    list_display += ("shadow_share", "beside")
    list_filter = ("active", "name")
    search_fields = ("name", "version", "sha256")
    exclude = ("card",)
    readonly_fields = ("running", "card_text", "activate", "beside")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.activation_page)
        beside = self.admin_site.admin_view(self.shadow_page)
        stop = self.admin_site.admin_view(self.stop_page)
        return [
            path("<int:pk>/stop/", stop, name="cases_modelversion_stop"),
            path("<int:pk>/activate/", page, name="cases_modelversion_activate"),
            path("<int:pk>/shadow/", beside, name="cases_modelversion_shadow"),
            *super().get_urls(),
        ]

    @admin.display(description="sha256")
    def short_sha256(self, version: ModelVersion) -> str:
        return version.sha256[:16]

    @admin.display(description=gettext_lazy("operating points in force"))
    def running(self, version: ModelVersion) -> str:
        return ", ".join(f"{name} {value}" for name, value in version.running_thresholds.items())

    @admin.display(description=gettext_lazy("model card"))
    def card_text(self, version: ModelVersion) -> SafeString:
        return format_html("<pre>{}</pre>", version.card)

    @admin.display(description=gettext_lazy("activate"))
    def activate(self, version: ModelVersion) -> SafeString:
        words = _("change thresholds") if version.active else _("activate")
        url = reverse("admin:cases_modelversion_activate", args=[version.pk])
        return format_html('<a href="{}">{}</a>', url, words)

    @admin.display(description=gettext_lazy("in the shadow"))
    def beside(self, version: ModelVersion) -> SafeString | str:
        if version.active:
            url = reverse("admin:cases_modelversion_stop", args=[version.pk])
            return "-" if _is_primary(version) else format_html('<a href="{}">{}</a>', url, _("stop"))
        url = reverse("admin:cases_modelversion_shadow", args=[version.pk])
        return format_html('<a href="{}">{}</a>', url, _("change the share") if version.shadow_share else _("begin"))

    def _question(self, request: HttpRequest, template: str, title: str, form: forms.Form, **more: Any) -> HttpResponse:
        """The form between a wish and its effect."""
        context = {**self.admin_site.each_context(request), "title": title, "form": form, "opts": self.opts, **more}
        context["back"] = reverse("admin:cases_modelversion_changelist")
        return TemplateResponse(request, f"admin/cases/{template}.html", context)

    def shadow_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for share and reason, then let the version run in the shadow."""
        version = get_object_or_404(ModelVersion, pk=pk)
        form = ShadowForm(request.POST or None, initial={"share": version.shadow_share or 1})
        if form.is_valid() and self._shadowed(request, version, form):
            return redirect("admin:cases_modelversion_changelist")
        return self._question(request, "shadow", _("Run %(version)s in the shadow") % {"version": version}, form)

    def _shadowed(self, request: HttpRequest, version: ModelVersion, form: forms.Form) -> bool:
        values: dict[str, Any] = form.cleaned_data
        try:
            set_shadow(version=version, share=values["share"], by=request.user, reason=values["reason"])
        except RuleBroken as error:
            form.add_error(None, rule_sentence(error))
            return False
        messages.success(request, _("The share of %(version)s in the shadow was changed.") % {"version": version})
        return True

    def stop_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason, then let the version run no more."""
        version = get_object_or_404(ModelVersion, pk=pk)
        form = StopForm(request.POST or None)
        if form.is_valid() and self._stopped(request, version, form):
            return redirect("admin:cases_modelversion_changelist")
        return self._question(request, "stop_model", _("Stop %(version)s") % {"version": version}, form)

    def _stopped(self, request: HttpRequest, version: ModelVersion, form: forms.Form) -> bool:
        try:
            stop_model(version=version, by=request.user, reason=form.cleaned_data["reason"])
        except RuleBroken as error:
            form.add_error(None, rule_sentence(error))
            return False
        messages.success(request, _("%(version)s runs no more.") % {"version": version})
        return True

    def activation_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for reason and thresholds, then activate."""
        version = get_object_or_404(ModelVersion, pk=pk)
        # Asked anew: what the bundle proposes, whatever this or another version ran with before.
        proposed = version.running_thresholds if version.active else version.thresholds
        form = ActivationForm(request.POST or None, initial=proposed)
        if form.is_valid() and self._activated(request, version, form):
            return redirect("admin:cases_modelversion_changelist")
        running = ModelVersion.objects.filter(name=version.name, active=True).exclude(pk=pk).first()
        title = _("Activate %(version)s") % {"version": version}
        return self._question(request, "activate", title, form, version=version, running=running)

    def _activated(self, request: HttpRequest, version: ModelVersion, form: forms.Form) -> bool:
        values: dict[str, Any] = form.cleaned_data
        thresholds = {"sensitive": values["sensitive"], "specific": values["specific"]}
        try:
            activate_model(version=version, by=request.user, reason=values["reason"], thresholds=thresholds)
        except RuleBroken as error:
            form.add_error(None, rule_sentence(error))
            return False
        messages.success(request, _("%(version)s is the version that runs.") % {"version": version})
        return True


def _is_primary(version: ModelVersion) -> bool:
    return version.name == Site.current().primary_model


@admin.register(Activation, site=admin_site)
class ActivationAdmin(ReadOnlyAdmin):
    """Who made which version run, when, why, with which operating points."""

    stream = "model:{0.model_version.name}"
    list_display = ("at", "model_version", "by", "thresholds", "replaced", "old_thresholds", "reason")
    list_filter = ("at",)
    list_select_related = ("model_version", "replaced", "by")
    search_fields = ("model_version__name", "model_version__version", "by__username", "reason")


@admin.register(Analysis, site=admin_site)
class AnalysisAdmin(ReadOnlyAdmin):
    """What each version said about each picture; never edited, a re-run is a further row."""

    stream = "case:{0.radiograph.case_id}"
    list_display = ("pk", "case_link", "run", "shadow", "state", "result", "attempts")
    list_display += ("created_at", "finished_at", "reason")
    list_filter = ("state", "shadow", "band", "model_version", "created_at")
    list_select_related = ("radiograph__case", "model_version")
    search_fields = ("=radiograph__case__id",)
    search_help_text = gettext_lazy("Number of the case without C-.")
    ordering = ("-pk",)
    exclude = ("positive_probability", "band")
    readonly_fields = ("result", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Analysis]:
        """Administrators see what the shadow says too."""
        rows: QuerySet[Analysis] = Analysis.everything.all()
        return rows.order_by(*self.get_ordering(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "radiograph__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("case"), ordering="radiograph__case")
    def case_link(self, analysis: Analysis) -> SafeString | str:
        return link_to(analysis.radiograph.case)

    @admin.display(description=gettext_lazy("result"), ordering="positive_probability")
    def result(self, analysis: Analysis) -> str:
        return result_of(analysis)

    @admin.display(description=gettext_lazy("reason"), ordering="failure_code")
    def reason(self, analysis: Analysis) -> str:
        return reason_in_words(analysis.failure_code)


@admin.register(HeatMap, site=admin_site)
class HeatMapAdmin(ReadOnlyAdmin):
    """Heat maps that were asked for, and what the check said of each; the picture is on the case page alone."""

    stream = "case:{0.analysis.radiograph.case_id}"
    list_display = ("pk", "case_link", "state", "asked_by", "created_at", "finished_at", "why")
    list_filter = ("state", "created_at")
    list_select_related = ("analysis__radiograph__case", "asked_by")
    search_fields = ("=analysis__radiograph__case__id",)
    search_help_text = gettext_lazy("Number of the case without C-.")
    ordering = ("-pk",)
    readonly_fields = ("why",)

    @admin.display(description=gettext_lazy("case"), ordering="analysis__radiograph__case")
    def case_link(self, heat_map: HeatMap) -> SafeString | str:
        return link_to(heat_map.analysis.radiograph.case)

    @admin.display(description=gettext_lazy("reason"), ordering="failure_code")
    def why(self, heat_map: HeatMap) -> str:
        return reason_in_words(heat_map.failure_code)


@admin.register(Embedding, site=admin_site)
class EmbeddingAdmin(ReadOnlyAdmin):
    """What the network saw in a picture, by which cases that look alike to it are found."""

    stream = "case:{0.analysis.radiograph.case_id}"
    list_display = ("pk", "case_link", "model_version", "length")
    list_filter = ("model_version",)
    list_select_related = ("analysis__radiograph__case", "model_version")
    search_fields = ("=analysis__radiograph__case__id",)
    search_help_text = gettext_lazy("Number of the case without C-.")
    ordering = ("-pk",)
    readonly_fields = ("length", "numbers")

    @admin.display(description=gettext_lazy("case"), ordering="analysis__radiograph__case")
    def case_link(self, embedding: Embedding) -> SafeString | str:
        return link_to(embedding.analysis.radiograph.case)

    @admin.display(description=gettext_lazy("how many numbers"))
    def length(self, embedding: Embedding) -> int:
        return len(embedding.vector)

    @admin.display(description=gettext_lazy("what the network saw"))
    def numbers(self, embedding: Embedding) -> str:
        return ", ".join(str(number) for number in memoryview(bytes(embedding.vector)).cast("b"))
