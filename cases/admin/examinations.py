"""Patients and cases, and what an administrator does with cases."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.acting import ReasonForm, act_on_each, answered, ask
from cases.admin.readonly import ReadOnlyAdmin
from cases.admin.showing import link_to_list, reason_in_words, result_of
from cases.admin_site import admin_site
from cases.intake.services import cancel, requeue, rerun
from cases.models import Case, Patient
from cases.reading.services import release


@admin.register(Patient, site=admin_site)
class PatientAdmin(ReadOnlyAdmin):
    """Patients; details are corrected on the case's page, where the picture is."""

    list_display = ("patient_id", "name", "birth_date", "sex")
    list_filter = ("sex",)
    search_fields = ("patient_id", "name")
    ordering = ("-pk",)
    readonly_fields = ("cases",)

    @admin.display(description=gettext_lazy("cases"))
    def cases(self, patient: Patient) -> SafeString:
        return link_to_list("case", f"patient__id__exact={patient.pk}", str(patient.cases.count()))


@admin.register(Case, site=admin_site)
class CaseAdmin(ReadOnlyAdmin):
    """Cases, with the actions of an administrator."""

    stream = "case:{0.pk}"
    looks_are_events = True
    list_display = ("number", "state", "priority", "patient", "result", "claimed_by", "received_at", "reason")
    list_filter = ("state", "priority", "band", "kind", "received_at")
    list_select_related = ("patient", "claimed_by", "top_analysis__model_version")
    search_fields = ("=id", "patient__patient_id", "patient__name", "=study_instance_uid")
    search_help_text = gettext_lazy("Number without C-, patient number, name, or study.")
    date_hierarchy = None
    actions = ("run_again", "cancel_cases", "requeue_cases", "release_claims")
    readonly_fields = ("result", "reason", "parts", "page")
    fieldsets = (
        (None, {"fields": ("page", "state", "reason", "priority", "kind", "received_at", "opened_by", "joined_to")}),
        (gettext_lazy("Examination"), {"fields": ("patient", "clinical_question", "study_date", "study_description")}),
        (gettext_lazy("Result"), {"fields": ("result", "parts")}),
        (gettext_lazy("Reading"), {"fields": ("claimed_by", "lease_until")}),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "patient__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("case"), ordering="pk")
    def number(self, case: Case) -> str:
        return case.number

    @admin.display(description=gettext_lazy("result"), ordering="top_probability")
    def result(self, case: Case) -> str:
        return result_of(case.top_analysis)

    @admin.display(description=gettext_lazy("reason"), ordering="failure_code")
    def reason(self, case: Case) -> str:
        return reason_in_words(case.failure_code)

    @admin.display(description=gettext_lazy("page"))
    def page(self, case: Case) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("case", args=[case.pk]), case.number)

    @admin.display(description=gettext_lazy("pictures and analyses"))
    def parts(self, case: Case) -> SafeString:
        return link_to_list("radiograph", f"case__id__exact={case.pk}", str(case.radiographs.count()))

    @admin.action(description=gettext_lazy("Run again"))
    def run_again(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        act_on_each(request, cases, lambda case: rerun(case=case, by=request.user), _("Run again: %(count)s"))

    @admin.action(description=gettext_lazy("Cancel (asks for the reason)"))
    def cancel_cases(self, request: HttpRequest, cases: QuerySet[Case]) -> HttpResponse | None:
        form = answered(request, ReasonForm)
        if not form.is_valid():
            text = _("They leave the line, and nobody reads them until they are requeued.")
            return ask(request, self, cases, form, title=_("Cancel these cases?"), text=text)
        reason: Any = form.cleaned_data["reason"]
        act_on_each(
            request,
            cases,
            lambda case: cancel(case=case, by=request.user, reason=reason),
            _("Cancelled: %(count)s"),
        )
        return None

    @admin.action(description=gettext_lazy("Bring cancelled cases back"))
    def requeue_cases(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        act_on_each(request, cases, lambda case: requeue(case=case, by=request.user), _("Back in the line: %(count)s"))

    @admin.action(description=gettext_lazy("Release the claim, so that another reader can take it"))
    def release_claims(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        act_on_each(
            request,
            cases,
            lambda case: release(case=case, by=request.user, reason="administrator"),
            _("Free again: %(count)s"),
        )
