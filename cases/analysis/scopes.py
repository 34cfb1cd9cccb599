"""Which models may judge a picture. What the gate refuses holds for all of them, a scope for the one that has it."""

from __future__ import annotations

from collections.abc import Sequence

from cases.analysis import shadows
from cases.analysis.ages import age_by_record
from cases.analysis.overrides import is_wanted_anyway
from cases.analysis.versions import active_among, open_analyses, primary_first, running_versions, versions_asked
from cases.models import Analysis, ModelVersion, Radiograph
from inference.quality import SCOPE_REFUSALS, Scope, outside

Refused = dict[int, tuple[str, ...]]
"""Versions by their id that must not judge a picture, each with its codes of SCOPE_REFUSALS."""


def judge_scopes(radiograph: Radiograph, asked: Sequence[ModelVersion], age: float | None = None) -> Refused:
    """Set state and refusals of a picture that was read; not scored is one that no active version may judge.

    `refusals` keeps what holds for the picture as a whole, or was overridden; what one version refuses while another
    answers stands in that version's analysis.

    Args:
        asked: active versions and those in the shadow. age: in years by the patient's record, beside the header's.

    Returns:
        The versions that are not to be asked.
    """
    gate = [code for code in radiograph.refusals if code not in SCOPE_REFUSALS]
    refused, active = _refused(radiograph, asked, age), active_among(asked)
    nobody = bool(gate) or (bool(active) and all(version.pk in refused for version in active))
    wanted = bool(gate or refused) and is_wanted_anyway(radiograph)
    radiograph.refusals = [*gate, *_codes(refused, active)] if nobody or wanted else []
    radiograph.state = "not_scored" if nobody and not wanted else "read"
    return {} if wanted else refused


def ask_models(radiograph: Radiograph, asked: Sequence[ModelVersion], refused: Refused) -> None:
    """Open the analyses of a picture that was read: the active versions now, those in the shadow for later."""
    open_analyses(radiograph, active_among(asked), refused=_first_codes(refused))
    shadows.open_shadows(radiograph, [version for version in asked if version.pk not in refused])


def ask_again(radiograph: Radiograph) -> None:
    """A further run of every running version whose scope the picture is in, as header and record say by now."""
    versions = running_versions()
    refused = refused_by_now(radiograph, versions)
    if refused and is_wanted_anyway(radiograph):
        refused = {}
    open_analyses(radiograph, versions, run=_newest_run(radiograph) + 1, refused=_first_codes(refused))


def ask_anyway(radiograph: Radiograph) -> None:
    """Ask every version that the gate or its scope kept from this picture; those in the shadow as well."""
    refusals = dict.fromkeys([*radiograph.refusals, *refusals_of(radiograph)])
    radiograph.state, radiograph.refusals = "read", list(refusals)
    radiograph.save(update_fields=["state", "refusals"])
    asked = versions_asked()
    open_analyses(radiograph, active_among(asked), run=max(1, _newest_run(radiograph)))
    shadows.open_shadows(radiograph, asked)


def refused_by_now(radiograph: Radiograph, versions: Sequence[ModelVersion]) -> Refused:
    """Those of these versions whose scope the picture is not in, as header and record say by now."""
    return _refused(radiograph, versions, age_by_record(radiograph.case))


def refusals_of(radiograph: Radiograph) -> list[str]:
    """Why single versions did not judge this picture."""
    rows = Analysis.objects.filter(radiograph=radiograph, state="not_scored").order_by("pk")
    return list(rows.values_list("failure_code", flat=True))


def _refused(radiograph: Radiograph, versions: Sequence[ModelVersion], age: float | None) -> Refused:
    found = {version.pk: outside(Scope.from_dict(version.scope), radiograph.tags, age) for version in versions}
    return {pk: codes for pk, codes in found.items() if codes}


def _codes(refused: Refused, versions: Sequence[ModelVersion]) -> list[str]:
    """Each code once, the primary model's first."""
    if not refused:
        return []
    return list(dict.fromkeys(code for version in primary_first(versions) for code in refused.get(version.pk, ())))


def _first_codes(refused: Refused) -> dict[int, str]:
    return {pk: codes[0] for pk, codes in refused.items()}


def _newest_run(radiograph: Radiograph) -> int:
    return radiograph.analyses.order_by("-run").values_list("run", flat=True).first() or 0
