"""Which cases the worklist shows, and in which order: ids from the index, then the rows of one page. Nothing writes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from django.db.models import F, Prefetch, Q, Value, prefetch_related_objects
from django.db.models.functions import Replace

from cases.blind.eyes import SECOND, THIRD, Eyes
from cases.models import Case, Patient, Radiograph, SecondReading, User
from cases.models.patients import CaseQuerySet
from cases.worklist.columns import BY_CODE
from cases.worklist.conditions import condition
from cases.worklist.filters import Filters

MOST = 1000  # nobody leafs further than this: more filters find a case sooner

_OF_A_VERSION = ("card", "metrics", "preprocessing", "scope", "classes", "thresholds", "directory")
_OF_AN_ANSWER = ("probabilities", "seconds", "worker", *(f"model_version__{name}" for name in _OF_A_VERSION))
NOT_SHOWN = ("claimed_by__password", *(f"top_analysis__{name}" for name in _OF_AN_ANSWER))


def listed_ids(user: User, filters: Filters, search: str, eyes: Eyes, *, by_model: bool) -> list[int]:
    """The ids of the cases in the list's order; MOST + 1 of them where there are more than MOST.

    Args:
        eyes: what this person may see. by_model: whether the model's band may order the queue; False while no model
            answers.
    """
    cases = in_order(chosen_cases(user, filters, search, eyes), filters, eyes, by_model=by_model)
    return list(cases.values_list("pk", flat=True)[: MOST + 1])


def chosen_cases(user: User, filters: Filters, search: str, eyes: Eyes) -> CaseQuerySet:
    """The cases that the filters and the search leave."""
    return found(Case.objects.visible_to(user).filter(condition(filters, user, eyes)), search)


def found(cases: CaseQuerySet, search: str) -> CaseQuerySet:
    """Cases whose patient or number has every word of the search; 홍길동 finds 홍^길동, as DICOM writes it."""
    people = Patient.objects.annotate(plain_name=Replace(F("name"), Value("^"))).order_by()
    for word in unicodedata.normalize("NFC", search).split():
        named = people.filter(Q(plain_name__icontains=word) | Q(patient_id__icontains=word))
        match = Q(patient__in=named.values("pk"))
        digits = re.fullmatch(r"(?:[cC]-?)?0*(\d{1,12})", word)
        cases = cases.filter(match | Q(pk=int(digits[1])) if digits else match)
    return cases


def in_order(cases: CaseQuerySet, filters: Filters, eyes: Eyes, *, by_model: bool) -> CaseQuerySet:
    """The column's order; without one the reading order for open cases, and the newest first for others."""
    if sort := filters.sort:
        column = BY_CODE[sort.removeprefix("-")]
        return cases.order_by(*column.order(descending=sort.startswith("-"), kept=eyes.kept(column.of)))
    if filters.is_in_reading_order:
        return cases.in_reading_order(by_model=by_model, kept=eyes.kept("model"))
    return cases.order_by("-received_at", "-pk")


def rows_in(ids: Sequence[int]) -> list[Case]:
    """These cases in this order, with all that a row shows: two queries, a third if some wait for a further reader."""
    columns = ("case_id", "state", "failure_code", "failure_values", "refusals", "notes")
    pictures = Prefetch("radiographs", Radiograph.objects.only(*columns))
    cases = Case.objects.select_related("patient", "claimed_by", "top_analysis__model_version")
    by_id = cases.defer(*NOT_SHOWN).prefetch_related(pictures).in_bulk(ids)
    rows = [by_id[pk] for pk in ids if pk in by_id]
    if anew := [case for case in rows if case.kept_back in (SECOND, THIRD)]:
        prefetch_related_objects(anew, Prefetch("second_reading", SecondReading.objects.select_related("claimed_by")))
    return rows
