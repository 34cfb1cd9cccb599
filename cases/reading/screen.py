"""What the case page shows, and what the person in front of it may do: one place, so that nothing is shown twice.

Everything of the model comes through `model_side`, which asks cases/blind whether this person may see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest

from cases import rules
from cases.blind import eyes
from cases.models import Analysis, Case, Reading, Site, User
from cases.models.opinions import CONFIDENCE_NAMES
from cases.phrases.services import phrases_for
from cases.reading import queries, signing
from cases.reading.ages import age_words
from cases.reading.forms import SAID, ReadingForm
from cases.reading.heat import HeatSide, heat_sides
from cases.reading.history import history_of
from cases.reading.meant import Meant, meant_here
from cases.reading.queries import Picture, Why
from cases.second.side import second_side
from cases.viewing.turning import may_turn


@dataclass(frozen=True)
class May:
    """What this person may do with this case now; the services check again."""

    claim: bool
    read: bool
    take_over: bool
    amend: bool
    rerun: bool
    override: bool
    turn: bool


def may(case: Case, user: User, pictures: Sequence[Picture] = ()) -> May:
    """The boolean twins of the rules; without its pictures nothing of a case can be overridden."""
    role, mine = user.role, case.claimed_by_id == user.pk
    refused = any(picture.is_refused for picture in pictures)
    return May(
        claim=case.claimed_by_id is None and rules.may_move("claim", case.state, role),
        read=mine and rules.may_move("read", case.state, role),
        take_over=not mine and role == rules.Role.ADMINISTRATOR and rules.may_move("release", case.state, role),
        amend=rules.may_move("amend", case.state, role) and eyes.may_amend(case, user),
        rerun=rules.may_move("rerun", case.state, role),
        override=refused and rules.may_move("override", case.state, role),
        turn=may_turn(case, user),
    )


@dataclass(frozen=True)
class ModelSide:
    """What the model says about a case.

    Attributes:
        top: the answer that the worklist shows. others: further answers, with the picture's number.
        notes: what is said beside a score, each once. stops: why there is no score.
        is_pending: an answer is on its way. heat: the pictures' heat maps, for who may see them.
        meant: what such a score meant at this site. turned: the scored picture lies otherwise than the network saw it.
        kept_back: nothing of all this is for this person yet (cases/blind); what stops a score is still said.
    """

    top: Analysis | None
    top_number: int
    others: Sequence[tuple[int, Analysis]]
    notes: Sequence[str]
    stops: Sequence[Why]
    is_pending: bool
    heat: Sequence[HeatSide]
    kept_back: bool = False
    meant: Meant | None = None
    turned: bool = False


def model_side(case: Case, pictures: Sequence[Picture], user: User) -> ModelSide:
    """Collect the models' answers over the case's pictures."""
    if not eyes.sees_model(case, user):
        return _kept_side(case, pictures)
    rows = [(picture.number, row) for picture in pictures for row in picture.answers]
    top = case.top_analysis
    return ModelSide(
        top=top,
        top_number=next((number for number, row in rows if top and row.pk == top.pk), 1),
        others=[(number, row) for number, row in rows if row.state == "done" and (top is None or row.pk != top.pk)],
        notes=list(dict.fromkeys(note for picture in pictures for note in picture.notes)),
        stops=_stops(pictures),
        is_pending=case.state in rules.IN_PROGRESS or any(row.state in ("waiting", "running") for _, row in rows),
        heat=heat_sides(pictures, user),
        meant=meant_here(case, top) if top else None,
        turned=any(p.radiograph.orientation and top and p.radiograph.pk == top.radiograph_id for p in pictures),
    )


def _kept_side(case: Case, pictures: Sequence[Picture]) -> ModelSide:
    waits = case.state in rules.IN_PROGRESS
    return ModelSide(None, 1, (), (), _stops(pictures), is_pending=waits, heat=(), kept_back=True)


def _stops(pictures: Sequence[Picture]) -> list[Why]:
    return list({stop.sentence: stop for picture in pictures for stop in picture.stops}.values())


def case_screen(request: HttpRequest, case: Case, *, form: ReadingForm | None = None) -> dict[str, Any]:
    """The context of the case page.

    Args:
        form: what was typed, to be shown again; else the reader's own last reading.
    """
    user = cast(User, request.user)
    site = Site.current()
    sees = eyes.eyes_on(case, user)
    pictures = queries.pictures_of(case, site.primary_model)
    earlier = queries.earlier_cases(case, user)
    allowed = may(case, user, pictures)
    saved = queries.newest_reading(case, user) if allowed.read else None
    return {
        "case": case,
        "may": allowed,
        "is_mine": case.claimed_by_id == user.pk,
        "pictures": pictures,
        "chosen": _chosen(pictures, request.GET.get("picture", "")),
        "model_side": model_side(case, pictures, user),
        "override": queries.override_of(case) if any(picture.stops for picture in pictures) else None,
        "why": queries.why(case.failure_code) if case.failure_code else None,
        "age": age_words(case),
        "earlier": earlier,
        "newest_report": next((row for row in earlier if row.report), None),
        "reports": queries.reports_of(case) if sees.sees_reading(case) else [],
        "history": history_of(case, sees),
        "second": second_side(case, user),
        "opinion_due": eyes.opinion_due(case, user),
        "confidences": CONFIDENCE_NAMES.items(),
        "form": form or _saved_form(case, saved),
        "saved": saved,
        "phrases": phrases_for(user) if allowed.read else (),
        "lease_minutes": site.lease_minutes,
        "signing_seconds": signing.seconds_left(request) if allowed.read or case.kept_back else 0,
    }


def _saved_form(case: Case, saved: Reading | None) -> ReadingForm:
    form: ReadingForm = ReadingForm.showing(case, **({name: getattr(saved, name) for name in SAID} if saved else {}))
    return form


def _chosen(pictures: Sequence[Picture], asked: str) -> Picture | None:
    """The picture that is shown first: the one asked for, else the first that can be looked at."""
    shown = [picture for picture in pictures if picture.is_shown]
    return next((p for p in shown if str(p.radiograph.pk) == asked), shown[0] if shown else None)
