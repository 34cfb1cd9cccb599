"""The files of a signed version: the report on paper, and its passport. Whoever may see the case may take them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases import storage
from cases.access import for_staff, visible_case
from cases.blind.eyes import sees_reading
from cases.models import Report
from cases.reading.answers import is_prefetch, person
from cases.reading.queries import pictures_as_signed, reports_of
from cases.reports.passport import passport_file
from cases.reports.services import note_export
from cases.reports.sheet import sheet_of


@for_staff
@require_safe
def report_pdf(request: HttpRequest, case_id: int, version: int) -> HttpResponse:
    """The report as a PDF in the language of the page; with ?patient=no nobody is named."""
    if is_prefetch(request):
        return HttpResponse(status=204)
    from cases.reports.paper import write_pdf  # ReportLab: only where a PDF is asked for

    report, bare = _asked(request, case_id, version), _is_bare(request)
    sheet = sheet_of(report, reports_of(report.case), without_patient=bare)
    address = request.build_absolute_uri(reverse("passport", args=[case_id, version]))
    pictures, orientations = seen_pictures(report)
    seal = f"#sha256={report.passport_sha256}"
    data = write_pdf(sheet, pictures, address=address + seal, orientations=orientations)
    note_export(report=report, by=person(request), kind="pdf", without_patient=bare)
    return _file(data, "application/pdf", _name(report, bare, "pdf"))


@for_staff
@require_safe
def passport(request: HttpRequest, case_id: int, version: int) -> HttpResponse:
    """The passport of a version; with ?patient=no nobody is named."""
    if is_prefetch(request):
        return HttpResponse(status=204)
    report, bare = _asked(request, case_id, version), _is_bare(request)
    if not report.passport:
        raise Http404
    text = passport_file(report, without_patient=bare)
    note_export(report=report, by=person(request), kind="passport", without_patient=bare)
    return _file(text.encode(), "application/json", _name(report, bare, "passport.json"))


def _asked(request: HttpRequest, case_id: int, version: int) -> Report:
    case = visible_case(request, case_id)
    if not sees_reading(case, person(request)):
        raise Http404
    found: Report = get_object_or_404(case.reports.select_related("case"), version=version)
    return found


def _is_bare(request: HttpRequest) -> bool:
    return request.GET.get("patient") == "no"


def seen_pictures(report: Report) -> tuple[list[bytes], list[str]]:
    """The renditions of its case in the order they came, and how each lay at the signature; gone files are left out."""
    found, orientations = [], []
    for row in pictures_as_signed(report.case, report):
        try:
            found.append(storage.get(row.rendition_key))
            orientations.append(row.orientation)
        except FileNotFoundError:
            continue
    return found, orientations


def _name(report: Report, bare: bool, ending: str) -> str:
    """A file name that says nothing about the patient."""
    return f"{report.case.number}-v{report.version}{'-without-patient' if bare else ''}.{ending}"


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=kind, headers=headers)
