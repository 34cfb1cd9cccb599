"""The events of a case in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.blind.eyes import Eyes
from cases.models import Case, Event
from cases.models.readings import VERDICT_NAMES
from cases.wording import is_known, reason_sentence

WORDS: dict[str, str | Promise] = {
    "case_opened": _("opened the case by an upload"),
    "picture_joined": _("added a picture of the same study"),
    "joined_other_case": _("joined the case to another one"),
    "study_closed": _("kept the picture apart: its study is being read already"),
    "check_begun": _("began to read the picture"),
    "waits_again": _("put the picture back in line to be read"),
    "queued": _("put the picture in line for the model"),
    "scoring_begun": _("gave the picture to the model"),
    "analysed": _("recorded the model's answer"),
    "scored": _("finished: ready to be read"),
    "not_scored": _("finished without a score"),
    "failed": _("stopped with a failure"),
    "rerun_asked": _("asked for another run"),
    "scope_overridden": _("asked for a score in spite of the gate"),
    "heat_map_asked": _("asked for the heat map"),
    "heat_map_made": _("made the heat map"),
    "heat_map_refused": _("made a heat map that is not reliable"),
    "heat_map_failed": _("could not make the heat map"),
    "opened": _("looked at the case"),
    "picture_turned": _("turned the picture"),
    "claimed": _("took the case"),
    "released": _("gave the case back"),
    "reading_saved": _("saved a reading"),
    "opinion_stored": _("stored an opinion before the model was shown"),
    "second_drawn": _("drew the case for a second reading"),
    "second_taken": _("took the case for a second reading"),
    "second_released": _("gave the second reading back"),
    "second_stored": _("stored the second reading"),
    "adjudicated": _("decided between two readings"),
    "second_closed": _("closed the second reading: nobody will do it"),
    "signed": _("signed the report"),
    "amended": _("amended the report"),
    "exported": _("took a file of the report"),
    "critical_opened": _("opened a call about a critical result"),
    "critical_noted": _("added to a call about a critical result"),
    "critical_completed": _("completed a call about a critical result"),
    "critical_withdrawn": _("withdrew a call about a critical result"),
    "patient_corrected": _("corrected the patient's details"),
    "withdrawn": _("withdrew the case"),
    "restored": _("brought the case back"),
    "cancelled": _("cancelled the case"),
    "requeued": _("put the case back in line"),
}
RELEASES: dict[str, str | Promise] = {
    "released": "",
    "skipped": _("skipped"),
    "taken_over": _("taken over from its reader"),
    "user_disabled": _("the reader's account was closed"),
    "lease_ended": _("no sign of life from the reader"),
}


@dataclass(frozen=True)
class Line:
    """One line of the history; `who` None is the system."""

    at: datetime
    who: str | None
    what: str
    more: str = ""


OF_THE_MODEL = ("analysed", "heat_map_asked", "heat_map_made", "heat_map_refused", "heat_map_failed")
OF_OTHERS = ("reading_saved", "opinion_stored")  # whoever said it may have seen the model


def history_of(case: Case, eyes: Eyes, limit: int = 100) -> list[Line]:
    """What happened to a case, the newest first, as far as these eyes may see it."""
    found = Event.objects.filter(stream=f"case:{case.pk}").select_related("actor").order_by("-seq")
    if not eyes.sees_reading(case):
        return []
    if not eyes.sees_model(case):
        found = found.exclude(verb__in=[*OF_THE_MODEL, *OF_OTHERS])
    return [_line(event) for event in found[:limit]]


def _line(event: Event) -> Line:
    words = str(WORDS.get(event.verb, event.verb))
    return Line(event.at, event.actor.full_name if event.actor else None, words, _details(event))


def _details(event: Event) -> str:
    word = _MORE.get(event.verb)
    return str(word(event.details)) if word else ""


def _reason(details: dict[str, Any]) -> str:
    code = details.get("reason", "")
    return reason_sentence(code) if is_known(code) else ""


def _typed_reason(details: dict[str, Any]) -> str:
    return str(details.get("reason", ""))


def _version(details: dict[str, Any]) -> str:
    return gettext("version %(number)s") % {"number": details.get("version", "?")}


_MORE: dict[str, Callable[[dict[str, Any]], str | Promise]] = {
    "analysed": lambda details: str(details.get("model", "")),
    "failed": _reason,
    "not_scored": _reason,
    "heat_map_refused": _reason,
    "heat_map_failed": _reason,
    "joined_other_case": _reason,
    "released": lambda details: RELEASES.get(details.get("reason", ""), ""),
    "second_released": lambda details: RELEASES.get(details.get("reason", ""), ""),
    "opinion_stored": lambda details: VERDICT_NAMES.get(details.get("verdict", ""), ""),
    "reading_saved": lambda details: VERDICT_NAMES.get(details.get("verdict", ""), ""),
    "signed": _version,
    "amended": _version,
    "scope_overridden": _typed_reason,
    "second_closed": _typed_reason,
    "exported": _version,
    "critical_withdrawn": _typed_reason,
    "withdrawn": _typed_reason,
    "cancelled": _typed_reason,
}
