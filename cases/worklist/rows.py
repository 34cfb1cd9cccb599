"""What one line of the worklist shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from cases import rules
from cases.models import Analysis, Case, ModelVersion
from cases.reading.ages import MONTHS_ARE_SAID_BELOW
from cases.wording import reason_sentence
from cases.worklist.columns import OPEN
from cases.worklist.place import is_overdue, place_words

TEMPLATE = "cases/_worklist_row.html"
STOPPED = (rules.State.FAILED, rules.State.NOT_SCORED)


@dataclass(frozen=True)
class ModelColumns:
    """All that a row shows of the model. A probability never goes without its version, thresholds and state."""

    probability: float
    band: str
    thresholds: dict[str, float]
    version: ModelVersion
    calibrated: bool
    notes: list[str]


@dataclass(frozen=True)
class Row:
    """One line.

    Attributes:
        reasons: why it failed or was not scored. place: why it stands where it stands; "" where a column orders.
        mine: whether the person who asks has it in hand.
    """

    case: Case
    waiting: str
    overdue: bool
    age: str
    model: ModelColumns | None
    reasons: list[str]
    place: str
    pictures: int
    mine: bool = False

    @property
    def stopped(self) -> bool:
        """Whether it has no result, and a person has to decide."""
        return self.case.state in STOPPED


@dataclass(frozen=True)
class Drawn:
    """A row with its HTML in the language of the page."""

    row: Row
    html: SafeString

    @property
    def case(self) -> Case:
        """The case that it is about."""
        return self.row.case


def row_of(case: Case, *, since: datetime | None, by_model: bool, in_reading_order: bool) -> Row:
    """What one line shows.

    Args:
        since: who came before has waited too long. by_model: whether the model's band orders the reading order.
        in_reading_order: False where a column orders the list, which needs no explanation.
    """
    overdue = is_overdue(case, since)
    return Row(
        case=case,
        waiting=waiting_time(case),
        overdue=overdue,
        age=age_words(case.age_months),
        model=model_columns(case),
        reasons=reasons_of(case),
        place=place_words(case, overdue=overdue, by_model=by_model) if in_reading_order else "",
        pictures=len(case.radiographs.all()),
    )


def drawn(row: Row, columns: Sequence[str]) -> Drawn:
    """The row as HTML, with these columns."""
    return Drawn(row, get_template(TEMPLATE).render({"row": row, "columns": columns}))


def model_columns(case: Case) -> ModelColumns | None:
    """The model's side of a row."""
    analysis: Analysis | None = case.top_analysis
    if analysis is None or analysis.positive_probability is None:
        return None
    notes = dict.fromkeys(note for radiograph in case.radiographs.all() for note in radiograph.notes)
    return ModelColumns(
        probability=analysis.positive_probability,
        band=analysis.band,
        thresholds=analysis.thresholds,
        version=analysis.model_version,
        calibrated=analysis.model_version.calibrated,
        notes=[reason_sentence(note) for note in notes],
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
