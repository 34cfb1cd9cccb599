"""What somebody uploaded, as its sender sees it: live state, reason and next step, and what can be done now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import rules
from cases.blind.eyes import Eyes, eyes_of, eyes_over
from cases.intake.services.correct import STOPPED_OVER_PATIENT
from cases.models import Case, Report, Upload, User
from cases.wording import reason_next_step, reason_sentence
from inference.errors import reason

PAGE_SIZE = 50
CAME_BACK_DAYS = 30
GROUPS = {"": _("All"), "attention": _("Needs attention"), "on_the_way": _("On the way"), "done": _("Done")}
NO_RESULT = (rules.State.FAILED, rules.State.NOT_SCORED)


@dataclass(frozen=True)
class Why:
    """A stored reason in the language of the page."""

    sentence: str
    next_step: str
    can_retry: bool


@dataclass(frozen=True)
class UploadRow:
    """One file of "My uploads".

    Attributes:
        case: the case it belongs to, if this person may (still) see it.
        reasons: why it was refused, is asked about, failed or is not scored.
        actions: what this person may do now: "answer", "correct", "withdraw", "restore", "rerun".
        not_diagnostic: the comment of the newest signed report, when its verdict is "not diagnostic".
    """

    upload: Upload
    case: Case | None
    thumbnail_of: int | None
    reasons: list[Why]
    actions: frozenset[str]
    not_diagnostic: str | None = None


def uploads_page(user: User, group: str, number: str | None) -> Page:
    """One page of this person's uploads, the newest first. Its `object_list` is a list of UploadRow."""
    page = Paginator(uploads_of(user, group), PAGE_SIZE).get_page(number)
    page.object_list = rows_of(page.object_list, user)
    return page


def uploads_of(user: User, group: str = "") -> QuerySet[Upload]:
    """This person's uploads, of one of GROUPS."""
    uploads = Upload.objects.filter(by=user).order_by("-at", "pk")
    if group == "attention":
        stopped = Q(state="accepted", case__state__in=NO_RESULT)
        return uploads.filter(Q(state__in=["refused", "asks"]) | stopped)
    if group == "on_the_way":
        return uploads.filter(state="accepted", case__state__in=rules.IN_PROGRESS)
    if group == "done":
        return uploads.filter(state="accepted").exclude(case__state__in=[*rules.IN_PROGRESS, *NO_RESULT])
    return uploads


def row_of(upload: Upload, user: User) -> UploadRow:
    """One upload, looked up afresh."""
    return rows_of(Upload.objects.filter(pk=upload.pk), user)[0]


def rows_of(uploads: Iterable[Upload] | QuerySet[Upload], user: User) -> list[UploadRow]:
    """The rows of these uploads in three queries."""
    if isinstance(uploads, QuerySet):
        uploads = uploads.select_related("radiograph")
    listed = list(uploads)
    ids = {upload.case_id for upload in listed if upload.case_id}
    cases = with_verdict(Case.objects.visible_to(user).filter(pk__in=ids)).select_related("patient").in_bulk()
    eyes = eyes_over(cases.values(), user)
    return [_row(upload, cases.get(upload.case_id), user, eyes) for upload in listed]


def with_verdict(cases: Any) -> Any:
    """Cases with the verdict and the comment of their newest signed report."""
    newest = Report.objects.filter(case=OuterRef("pk")).order_by("-version")
    return cases.annotate(
        signed_verdict=Subquery(newest.values("reading__verdict")[:1]),
        signed_comment=Subquery(newest.values("reading__comment")[:1]),
    )


def came_back(user: User, limit: int = 20) -> list[Case]:
    """This person's cases whose newest report says "not diagnostic", signed within CAME_BACK_DAYS."""
    since = timezone.now() - timedelta(days=CAME_BACK_DAYS)
    mine = Case.objects.visible_to(user).filter(opened_by=user, state__in=rules.FINAL, reports__signed_at__gte=since)
    if (kept := eyes_of(user).kept("reading")) is not None:
        mine = mine.exclude(kept)
    found = with_verdict(mine).filter(signed_verdict=rules.Verdict.NOT_DIAGNOSTIC).distinct()
    return list(found.select_related("patient").order_by("-pk")[:limit])


def _row(upload: Upload, case: Any, user: User, eyes: Eyes) -> UploadRow:
    pictured = upload.radiograph if case and upload.radiograph and upload.radiograph.thumbnail_key else None
    unusable = case is not None and eyes.sees_reading(case) and case.signed_verdict == rules.Verdict.NOT_DIAGNOSTIC
    return UploadRow(
        upload=upload,
        case=case,
        thumbnail_of=pictured.pk if pictured else None,
        reasons=list(reasons_of(upload, case)),
        actions=frozenset(actions_of(upload, case, user)),
        not_diagnostic=case.signed_comment if unusable else None,
    )


def reasons_of(upload: Upload, case: Case | None) -> Iterator[Why]:
    """Why this file is not on its way, or has no result."""
    if upload.state != "accepted":
        if upload.reason_code:
            yield _why(upload.reason_code, upload.reason_values)
        return
    if case is None or case.state not in NO_RESULT:
        return
    picture = upload.radiograph
    codes = {code: {} for code in picture.refusals} if picture else {}
    if picture and picture.failure_code:
        codes[picture.failure_code] = picture.failure_values
    if not codes and case.failure_code:
        codes[case.failure_code] = {}
    for code, values in codes.items():
        yield _why(code, values)


def _why(code: str, values: dict[str, Any]) -> Why:
    return Why(reason_sentence(code, values), reason_next_step(code, values), reason(code).can_retry)


def actions_of(upload: Upload, case: Case | None, user: User) -> Iterator[str]:
    """What this person may do with the upload now; the services check it again."""
    if upload.state == "asks":
        yield "answer"
    if upload.state != "accepted" or case is None:
        return
    for move in ("withdraw", "restore"):
        if rules.may_move(move, case.state, user.role):
            yield move
    if rules.may_move("withdraw", case.state, user.role):  # who may take it back may correct it
        yield "correct"
    if case.state == rules.State.FAILED and can_try_again(case):
        yield "rerun"


def can_try_again(case: Case) -> bool:
    """Whether the same picture may end otherwise; a question about the patient waits for a person instead."""
    return case.failure_code not in STOPPED_OVER_PATIENT and reason(case.failure_code).can_retry
