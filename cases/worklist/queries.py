"""What the worklist shows, in few queries: the rows of one page, the counts, the search. Nothing here writes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Prefetch, Q, Value
from django.db.models.functions import Replace
from django.utils import timezone
from django.utils.translation import gettext

from cases import rules
from cases.models import Analysis, Case, ModelVersion, Radiograph, User
from cases.models.patients import CaseQuerySet
from cases.reading.ages import MONTHS_ARE_SAID_BELOW, whole_months
from cases.wording import reason_sentence
from cases.worklist.filters import GROUPS, SORTS, Filters
from inference.age import age_in_years

PAGE_SIZE = 50
OPEN = rules.BEFORE_READING | rules.IN_HAND


@dataclass(frozen=True)
class Counts:
    """How many open cases there are of each kind that this person may see."""

    states: dict[str, int]
    urgent: int

    def of(self, states: frozenset[rules.State]) -> int:
        """How many are in one of these states."""
        return sum(self.states.get(state, 0) for state in states)

    def in_group(self, code: str) -> int | None:
        """How many are in a group of the filters; None for those that go beyond the open cases."""
        states = GROUPS[code][1]
        return self.of(states) if states <= OPEN else None

    @property
    def waiting(self) -> int:
        """Cases that wait for a reader, failed and not scored ones among them."""
        return self.of(rules.READABLE)

    @property
    def failed(self) -> int:
        """Cases without a result for a technical reason."""
        return self.of(frozenset({rules.State.FAILED}))


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
    """One line of the worklist."""

    case: Case
    waiting: str
    age: str
    model: ModelColumns | None
    reasons: list[str]
    pictures: int
    mine: bool


def worklist_page(user: User, filters: Filters, search: str, number: str | None, *, by_model: bool) -> Page:
    """One page of rows. Its `object_list` is a list of Row.

    Args:
        by_model: whether the model's band may order the queue; False while no model answers.
    """
    cases = in_order(chosen_cases(user, filters, search), filters.sort, by_model=by_model)
    page = Paginator(with_row_parts(cases), PAGE_SIZE).get_page(number)
    page.object_list = [row_of(case, user) for case in page.object_list]
    return page


def chosen_cases(user: User, filters: Filters, search: str) -> CaseQuerySet:
    """The cases that the filters and the search leave."""
    cases = Case.objects.visible_to(user).filter(state__in=filters.states, joined_to=None)
    if filters.priority:
        cases = cases.filter(priority=filters.priority)
    if filters.band:
        cases = cases.filter(band="" if filters.band == "none" else filters.band)
    if filters.mine:
        cases = cases.filter(Q(claimed_by=user) | Q(opened_by=user))
    return found(cases, search)


def found(cases: CaseQuerySet, search: str) -> CaseQuerySet:
    """Cases whose patient or number has every word of the search; 홍길동 finds 홍^길동, as DICOM writes it."""
    if search:
        cases = cases.annotate(plain_name=Replace("patient__name", Value("^")))
    for word in unicodedata.normalize("NFC", search).split():
        match = Q(plain_name__icontains=word) | Q(patient__patient_id__icontains=word)
        digits = re.fullmatch(r"(?:[cC]-?)?0*(\d{1,12})", word)
        cases = cases.filter(match | Q(pk=int(digits[1])) if digits else match)
    return cases


def in_order(cases: CaseQuerySet, sort: str, *, by_model: bool) -> CaseQuerySet:
    """The column's order, or the reading order; by priority and arrival where the model must not order."""
    if sort:
        return cases.order_by(*_fields(sort))
    return cases.in_reading_order(by_model=by_model)


def _fields(sort: str) -> list[Any]:
    first, *rest = SORTS[sort.removeprefix("-")]
    # What is not known comes last, whichever way round.
    ordered = F(first).desc(nulls_last=True) if sort.startswith("-") else F(first).asc(nulls_last=True)
    return [ordered, *rest]


def with_row_parts(cases: CaseQuerySet) -> CaseQuerySet:
    """What a row needs, fetched with the page: two queries, however long it is."""
    columns = ("case_id", "state", "failure_code", "failure_values", "refusals", "notes", "tags")
    pictures = Prefetch("radiographs", Radiograph.objects.only(*columns))
    return cases.select_related("patient", "claimed_by", "top_analysis__model_version").prefetch_related(pictures)


def row_of(case: Case, user: User) -> Row:
    """What one line shows."""
    return Row(
        case=case,
        waiting=waiting_time(case),
        age=age_of(case),
        model=model_columns(case, user),
        reasons=reasons_of(case),
        pictures=len(case.radiographs.all()),
        mine=case.claimed_by_id == user.pk,
    )


def model_columns(case: Case, user: User) -> ModelColumns | None:
    """The model's side of a row: the one place that decides whether this person sees it, and what."""
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
    if case.state not in (rules.State.FAILED, rules.State.NOT_SCORED):
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


def age_of(case: Case) -> str:
    """The age at the study in short words: months below two years; "" where it is not known."""
    months = _age_in_months(case)
    if months is None:
        return ""
    if months < MONTHS_ARE_SAID_BELOW:
        return gettext("%(n)d mo") % {"n": months}
    return gettext("%(n)d y") % {"n": months // 12}


def _age_in_months(case: Case) -> int | None:
    born = case.patient.birth_date if case.patient else None
    if born is not None:
        return whole_months(born, case.study_date or timezone.localdate(case.received_at))
    stated = (age_in_years(radiograph.tags) for radiograph in case.radiographs.all())
    years = next((age for age in stated if age is not None), None)
    return None if years is None else round(years * 12)


def queue_counts(user: User) -> Counts:
    """Counts of the open cases, in one query. The header shows them on every page that passes them as `counts`."""
    open_cases = Case.objects.visible_to(user).in_queue().order_by()
    states: Counter[str] = Counter()
    urgent = 0
    for state, priority, number in open_cases.values_list("state", "priority").annotate(number=Count("pk")):
        states[state] += number
        urgent += number if priority == rules.Priority.URGENT and state in rules.READABLE else 0
    return Counts(states=dict(states), urgent=urgent)


def page_title(counts: Counts) -> str:
    """The counts for the browser's tab: "12 waiting, 3 urgent, 1 failed", without those that are 0."""
    parts = [gettext("%(n)d waiting") % {"n": counts.waiting}]
    if counts.urgent:
        parts.append(gettext("%(n)d urgent") % {"n": counts.urgent})
    if counts.failed:
        parts.append(gettext("%(n)d failed") % {"n": counts.failed})
    return ", ".join(parts)
