"""The state of a case from the states of its parts."""

from __future__ import annotations

from cases import events, rules
from cases.models import Analysis, Case, Site
from cases.models.listed import copy_again


def refresh_top_analysis(case: Case) -> None:
    """What the queue shows: per radiograph the newest run of the primary model, of these the highest."""
    newest: dict[int, Analysis] = {}
    primary = Site.current().primary_model
    done = Analysis.objects.filter(radiograph__case=case, state="done", model_version__name=primary)
    for analysis in done.order_by("run", "pk"):
        newest[analysis.radiograph_id] = analysis
    top = max(newest.values(), key=lambda analysis: analysis.positive_probability or 0.0, default=None)
    case.top_analysis = top
    case.top_probability = top.positive_probability if top else None
    case.band = top.band if top else ""
    case.band_rank = rules.BAND_RANK[case.band]
    case.save(update_fields=["top_analysis", "top_probability", "band", "band_rank"])


_MOVE_TO = {
    rules.State.RECEIVED: "wait",
    rules.State.CHECKING: "check",
    rules.State.QUEUED: "queue",
    rules.State.SCORING: "score",
    rules.State.READY: "finish",
    rules.State.NOT_SCORED: "refuse",
    rules.State.FAILED: "fail",
}


def settle(case: Case) -> None:
    """Bring a case that no person has in hand to the state its radiographs and analyses give, with the event."""
    case.refresh_from_db(fields=["state", "failure_code"])
    if case.state not in rules.IN_PROGRESS:
        return
    state, code = parts_state(case)
    if state == case.state:
        return
    move = rules.check_move(_MOVE_TO[state], case.state, rules.Role.SYSTEM)
    _set_state(case, state, code)
    details = {"reason": code} if code else {}
    events.record(move.event, by=None, case=case, **details)


def parts_state(case: Case) -> tuple[rules.State, str]:
    """The state that a case's parts give, and the code of the first reason when it is failed or not scored."""
    radiographs = list(case.radiographs.values_list("state", "failure_code", "refusals"))
    newest: dict[tuple[int, int], tuple[str, str]] = {}
    rows = Analysis.objects.filter(radiograph__case=case).exclude(state="cancelled").order_by("run", "pk")
    for radiograph_id, version_id, state, code in rows.values_list(
        "radiograph_id", "model_version_id", "state", "failure_code"
    ):
        newest[radiograph_id, version_id] = (state, code)
    parts = [state for state, _, _ in radiographs if state != "read"]
    parts += [f"analysis_{state}" for state, _ in newest.values()]
    if not newest and any(state == "read" for state, _, _ in radiographs):
        return rules.State.FAILED, "model_missing"
    settled = rules.settled(parts)
    if settled is rules.State.FAILED:
        codes = [code for _, code, _ in radiographs] + [code for _, code in newest.values()]
        return settled, next(filter(None, codes), "internal_error")
    if settled is rules.State.NOT_SCORED:
        return settled, next((refusals[0] for _, _, refusals in radiographs if refusals), "")
    return settled, ""


def _set_state(case: Case, state: rules.State, code: str) -> None:
    case.state, case.failure_code = state, code
    Case.objects.filter(pk=case.pk).update(state=state, failure_code=code)
    if state not in rules.IN_PROGRESS:
        copy_again(case)
