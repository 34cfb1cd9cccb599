"""A case's row keeps copies so that lists are quick: whether each is still what it was copied from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cases import rules
from cases.models import Case, Event, Report
from cases.models.listed import COPIES, copies_of

SOURCES = ("patient", "claimed_by", "model_version", "top_analysis__model_version", "top_analysis__radiograph")


def broken_cases() -> Iterator[str]:
    """A sentence for each case whose row is not what its first event, the answer that it shows, or its report say."""
    told = Event.objects.filter(verb="case_opened").values_list("case_id", "actor_id", "details")
    openings = {case_id: (actor_id, said) for case_id, actor_id, said in told.iterator()}
    for case in Case.objects.select_related(*SOURCES).order_by("pk").iterator(chunk_size=500):
        opened_by, said = openings.get(case.pk, (case.opened_by_id, {}))
        differing = [*_as_opened(case, opened_by, said), *_as_answered(case), *_as_signed(case)]
        if differing:
            yield f"{case.number}: its row differs from what led to it in {', '.join(differing)}"


def _as_opened(case: Case, opened_by: int | None, said: dict[str, Any]) -> Iterator[str]:
    wanted = {"opened_by_id": opened_by, "kind": said.get("kind", case.kind)}
    return _differing(case, wanted | {"read_blind": said.get("blind", case.read_blind)})


def _as_answered(case: Case) -> Iterator[str]:
    """Of any case: the copies of the answer that it shows, which is one about a picture of its own."""
    top = case.top_analysis
    if top and (top.shadow or top.radiograph.case_id != case.pk):
        yield "top_analysis_id"
    band = top.band if top else ""
    wanted = {
        "top_probability": top.positive_probability if top else None,
        "band": band,
        "band_rank": rules.BAND_RANK[band],
        "model_version": top.model_version if top else None,
    }
    yield from _differing(case, wanted)


def _as_signed(case: Case) -> Iterator[str]:
    newest = case.reports.select_related("reading").order_by("version").last()
    if newest is None:
        return iter(["state"] if case.state in rules.FINAL else [])
    return _differing(case, _signed_values(case, newest))


def _signed_values(case: Case, newest: Report) -> dict[str, Any]:
    said = newest.content
    state = rules.State.SIGNED if newest.version == 1 else rules.State.AMENDED
    copies = copies_of(case, COPIES)
    if _is_about(case.age_months, copies["age_months"]):
        copies.pop("age_months")
    question = said.get("clinical_question")
    return {**copies, "state": state, "verdict": said.get("verdict"), "clinical_question": question}


def _is_about(months: int | None, wanted: int | None) -> bool:
    """Without a study's date the day of the arrival counts, which another time zone of the site moves by one."""
    return months == wanted or (months is not None and wanted is not None and abs(months - wanted) <= 1)


def _differing(case: Case, wanted: dict[str, Any]) -> Iterator[str]:
    return (name for name, value in wanted.items() if getattr(case, name) != value)
