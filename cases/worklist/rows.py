"""What one line of the worklist shows: plain values, and the HTML that follows from them alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cases import rules
from cases.blind.eyes import SECOND, THIRD, Eyes
from cases.models import Analysis, Case, SecondReading, User
from cases.names import shown_name
from cases.reading.ages import MONTHS_ARE_SAID_BELOW
from cases.templatetags.screens import figure
from cases.wording import reason_sentence
from cases.worklist.columns import OPEN
from cases.worklist.place import is_overdue, place_words

TEMPLATE = "cases/_worklist_row.html"
STOPPED = (rules.State.FAILED, rules.State.NOT_SCORED)
KEPT_ROWS = 2048
ANEW = {SECOND: _("second reading"), THIRD: _("third reading")}


@dataclass(frozen=True)
class Score:
    """All that a row shows of the model. A probability never goes without its version, thresholds and state."""

    figure: str
    band: str
    low: str
    high: str
    version: str
    address: str
    calibrated: bool
    notes: str


@dataclass(frozen=True)
class Row:
    """One line, in the language of the page.

    Attributes:
        revision: changes when the case does. reader_id: who has it in hand; `mine` is set for that person's page.
        reasons: why it failed or was not scored. place: why it stands where it stands; "" where a column orders.
        kept: the model is kept back from who looks; there is no score then.
        anew: which further reading it waits for, in words; "" for none.
    """

    pk: int
    number: str
    address: str
    revision: str
    state: str
    stopped: bool
    priority: str
    received_at: datetime
    waiting: str
    overdue: bool
    patient: str
    patient_id: str
    age: str
    sex: str
    reader: str
    reader_id: int | None
    score: Score | None
    reasons: tuple[str, ...]
    phantom: bool
    question: str
    pictures: int
    place: str
    anew: str = ""
    mine: bool = False
    kept: bool = False


@dataclass(frozen=True)
class Drawn:
    """A row and its HTML."""

    row: Row
    html: SafeString


def row_of(case: Case, *, eyes: Eyes, since: datetime | None, by_model: bool, in_reading_order: bool) -> Row:
    """What one line shows.

    Args:
        eyes: what the person in front of it may see.
        since: who came before has waited too long. by_model: whether the model's band orders the reading order.
        in_reading_order: False where a column orders the list, which needs no explanation.
    """
    overdue, patient, seen = is_overdue(case, since), case.patient, eyes.sees_model(case)
    return Row(
        pk=case.pk,
        number=case.number,
        address=address_of("case", case.pk),
        revision=f"{case.version}-{case.state}-{(seen and case.top_analysis_id) or 0}",
        state=case.state,
        stopped=case.state in STOPPED,
        priority=case.priority,
        received_at=case.received_at,
        waiting=waiting_time(case),
        overdue=overdue,
        patient=shown_name(patient.name, get_language() or "en") if patient else "",
        patient_id=patient.patient_id if patient else "",
        age=age_words(case.age_months),
        sex=str(patient.get_sex_display()) if patient else "",
        reader=reader_of(case) if holder_of(case) or eyes.sees_reading(case) else "",
        reader_id=getattr(holder_of(case), "pk", None),
        anew=str(ANEW.get(case.kept_back, "")),
        score=score_of(case) if seen else None,
        kept=not seen,
        reasons=tuple(reasons_of(case)),
        phantom=case.kind == "phantom",
        question=case.clinical_question[:200],
        pictures=len(case.radiographs.all()),
        place=place_words(case, overdue=overdue, by_model=by_model, kept=not seen) if in_reading_order else "",
    )


def drawn(row: Row, columns: tuple[str, ...]) -> Drawn:
    """The row with its HTML, with these columns."""
    return Drawn(row, _html(row, columns, get_language()))


@lru_cache(KEPT_ROWS)
def _html(row: Row, columns: tuple[str, ...], language: str | None) -> SafeString:
    """The same values give the same HTML: pages that are looked at again and again draw only what has changed."""
    codes = {"state": row.state, "priority": row.priority, "band": row.score.band if row.score else ""}
    badges = {kind: _badge(kind, code, language) for kind, code in codes.items()}
    return get_template(TEMPLATE).render({"row": row, "show": dict.fromkeys(columns, True), "badge": badges})


@lru_cache
def _badge(kind: str, code: str, language: str | None) -> SafeString:
    return get_template(f"cases/_badge_{kind}.html").render({kind: code})


@lru_cache(2 * KEPT_ROWS)
def address_of(page: str, pk: int) -> str:
    """The address of a case or a model version."""
    return reverse(page, args=[pk])


def reader_of(case: Case) -> str:
    """Who has it in hand, else who signed last."""
    holder = holder_of(case)
    return holder.full_name if holder else case.reader_name


def holder_of(case: Case) -> User | None:
    """Who has it in hand, for its first reading or a further one."""
    if case.kept_back not in ANEW:
        return case.claimed_by
    row: SecondReading | None = getattr(case, "second_reading", None)
    return row.claimed_by if row and row.is_in_hand else None


def score_of(case: Case) -> Score | None:
    """The model's side of a row."""
    analysis: Analysis | None = case.top_analysis
    if analysis is None or analysis.positive_probability is None:
        return None
    notes = dict.fromkeys(note for radiograph in case.radiographs.all() for note in radiograph.notes)
    limits, version = analysis.thresholds, analysis.model_version
    return Score(
        figure=figure(analysis.positive_probability, limits),
        band=analysis.band,
        low=figure(limits["sensitive"]),
        high=figure(limits["specific"]),
        version=str(version),
        address=address_of("model", version.pk),
        calibrated=version.calibrated,
        notes=" · ".join(reason_sentence(note) for note in notes),
    )


def reasons_of(case: Case) -> list[str]:
    """Why a failed or unscored case has no result, in the language of the page."""
    if case.state not in STOPPED:
        return []
    codes: dict[str, dict[str, object]] = {}
    for radiograph in case.radiographs.all():
        codes.update({code: {} for code in radiograph.refusals})
        if radiograph.failure_code:
            codes[radiograph.failure_code] = radiograph.failure_values
    if case.failure_code:
        codes.setdefault(case.failure_code, {})
    return [reason_sentence(code, values) for code, values in codes.items()]


def waiting_time(case: Case) -> str:
    """How long an open case is here, in short words; "" once nobody waits for it."""
    if case.state not in OPEN:
        return ""
    minutes = max(0, int((timezone.now() - case.received_at).total_seconds() // 60))
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return gettext("%(h)d h %(m)d min") % {"h": hours, "m": minutes}
    return gettext("%(d)d d %(h)d h") % {"d": hours // 24, "h": hours % 24}


def age_words(months: int | None) -> str:
    """The age at the study in short words: months below two years; "" where it is not known."""
    if months is None:
        return ""
    if months < MONTHS_ARE_SAID_BELOW:
        return gettext("%(n)d mo") % {"n": months}
    return gettext("%(n)d y") % {"n": months // 12}
