"""What the upload views answer: a row per file, stored or not, and where to go after a correction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext

from cases import rules
from cases.intake.details import UploadDetails
from cases.intake.queries import UploadRow, row_of
from cases.intake.services import receive_upload
from cases.intake.services.receive import kept_name
from cases.models import Upload, User
from cases.storage import DiskFull
from cases.wording import reason_next_step, reason_sentence, rule_sentence

CREATED, OK, ASKED, REFUSED, NO_ROOM = 201, 200, 409, 422, 507
STATUS = {"accepted": CREATED, "duplicate": OK, "asks": ASKED, "refused": REFUSED}


@dataclass(frozen=True)
class Unsent:
    """A file that left no trace here: nothing was stored, and its sender has to try again."""

    name: str
    sentence: str
    next_step: str
    status: int


def person(request: HttpRequest) -> User:
    """Who asks, behind a role check."""
    return cast(User, request.user)


def take(file: Any, details: UploadDetails, by: User) -> Upload | Unsent:
    """One file through the door."""
    try:
        return receive_upload(content=file, name=file.name, by=by, details=details)
    except rules.RuleBroken as error:
        return Unsent(kept_name(file.name), rule_sentence(error), "", REFUSED)
    except DiskFull:
        return Unsent(kept_name(file.name), reason_sentence("disk_full"), reason_next_step("disk_full"), NO_ROOM)


def take_all(files: Iterable[Any], details: UploadDetails, by: User) -> list[Upload | Unsent]:
    """Several files, each on its own: what one meets does not stop the rest."""
    return [take(file, details, by) for file in files]


def unsent_for(form: Form, files: list[Any], sentences: list[str]) -> Unsent:
    """The answer to a file whose form is not in order."""
    name = kept_name(files[0].name) if files else gettext("No file")
    return Unsent(name, " ".join(sentences), gettext("Correct it above and try again."), REFUSED)


def status_of(outcome: Upload | Unsent) -> int:
    """The HTTP status that says how one file ended."""
    return outcome.status if isinstance(outcome, Unsent) else STATUS[outcome.state]


def shown(outcome: Upload | Unsent, by: User) -> dict[str, UploadRow | Unsent]:
    """The context of the row's template."""
    return {"unsent": outcome} if isinstance(outcome, Unsent) else {"row": row_of(outcome, by)}


def summed_up(outcomes: list[Upload | Unsent]) -> str:
    """How many files were taken in, and how many were not."""
    taken = sum(isinstance(outcome, Upload) and outcome.state == "accepted" for outcome in outcomes)
    others = len(outcomes) - taken
    words = ngettext("%(n)d file was taken in.", "%(n)d files were taken in.", taken) % {"n": taken}
    if not others:
        return words
    rest = ngettext("%(n)d was not: its row says why.", "%(n)d were not: their rows say why.", others) % {"n": others}
    return f"{words} {rest}"


def worst_status(outcomes: list[Upload | Unsent]) -> int:
    """The status of a page that tells of several files: no room is no success."""
    return NO_ROOM if any(status_of(outcome) == NO_ROOM for outcome in outcomes) else OK


def obeys(form: Form, act: Callable[[], object]) -> bool:
    """Do it; a broken rule becomes an error of the form, and what was typed stays."""
    try:
        act()
    except rules.RuleBroken as error:
        form.add_error(None, rule_sentence(error))
        return False
    return True


def way_back(request: HttpRequest) -> str:
    """The page that this one was opened from, if it is one of ours; else nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None, require_https=request.is_secure())
    return target if ours else ""


def back(request: HttpRequest) -> HttpResponse:
    """Return there, or to the uploads."""
    return redirect(way_back(request) or "my_uploads")
