"""The upload page, one file of it, and what somebody uploaded."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views import defaults
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.access import for_staff
from cases.intake import answers, queries
from cases.intake.forms import UploadForm
from cases.intake.services import answer_upload
from cases.models import Upload
from cases.rules import RuleBroken
from cases.wording import reason_next_step, reason_sentence, rule_sentence
from cases.worklist.counts import queue_counts
from inference.door import MAX_FILE_BYTES


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """The page; without JavaScript it takes several files at once and shows their rows."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _upload_page(request, form, status=answers.REFUSED if form.is_bound else answers.OK)
    outcomes = answers.take_all(form.cleaned_data["files"], form.details(), answers.person(request))
    messages.info(request, answers.summed_up(outcomes))
    unsent = [outcome for outcome in outcomes if isinstance(outcome, answers.Unsent)]
    return _upload_page(request, form, unsent, status=answers.worst_status(outcomes))


@for_staff
@require_POST
def upload_file(request: HttpRequest) -> HttpResponse:
    """One file, sent by upload.js: its row, and a status that says how it ended."""
    form, by = UploadForm(request.POST, request.FILES), answers.person(request)
    files = request.FILES.getlist("files")
    if not form.is_valid() or len(files) != 1:
        outcome: Any = answers.unsent_for(form, files, form.sentences or [gettext("Send one file at a time.")])
    else:
        outcome = answers.take(files[0], form.details(), by)
    status = answers.status_of(outcome)
    return render(request, "cases/_upload_row.html", answers.shown(outcome, by), status=status)


@for_staff
@require_safe
def my_uploads(request: HttpRequest) -> HttpResponse:
    """Everything this person uploaded, with its live state."""
    return render(request, "cases/my_uploads.html", _uploads(request))


@for_staff
@require_safe
def my_uploads_rows(request: HttpRequest) -> HttpResponse:
    """What of the page changes by itself."""
    return render(request, "cases/_uploads_live.html", _uploads(request))


@for_staff
@require_POST
def answer(request: HttpRequest, upload_id: str) -> HttpResponse:
    """The same picture is here under another patient: open a case anyway, or drop the upload."""
    by = answers.person(request)
    asked = get_object_or_404(Upload, pk=upload_id, by=by)
    try:
        answer_upload(upload=asked, by=by, open_anyway=request.POST.get("open_anyway") == "yes")
    except RuleBroken as error:
        messages.error(request, rule_sentence(error))
    return answers.back(request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400; a form with too many files gets its own sentence."""
    if not isinstance(exception, TooManyFilesSent):
        return defaults.bad_request(request, exception)  # type: ignore[arg-type]
    said = {"title": reason_sentence("too_many_files"), "next_step": reason_next_step("too_many_files")}
    return render(request, "cases/too_many_files.html", said, status=400)


def _upload_page(
    request: HttpRequest, form: UploadForm, unsent: list[Any] | None = None, *, status: int
) -> HttpResponse:
    context = {**_uploads(request), "form": form, "unsent_rows": unsent or [], "max_bytes": MAX_FILE_BYTES}
    return render(request, "cases/upload.html", {**context, "max_megabytes": MAX_FILE_BYTES // 2**20}, status=status)


def _uploads(request: HttpRequest) -> dict[str, Any]:
    by = answers.person(request)
    group = request.GET.get("state", "") if request.GET.get("state", "") in queries.GROUPS else ""
    return {
        "page": queries.uploads_page(by, group, request.GET.get("page")),
        "group": group,
        "query": f"state={group}" if group else "",
        "groups": queries.GROUPS,
        "attention": queries.uploads_of(by, "attention").count(),
        "came_back": queries.came_back(by),
        "counts": queue_counts(by),
    }
