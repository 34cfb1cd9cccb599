"""The line from an id to a probability.

Every step may run twice, at once or after a crash: a step first claims its row (attempts + lease, compare and set), and
records only if the row is still its own. What is left half way is rung again by cases/sweeper.py.
"""

from cases.analysis.ages import judge_age
from cases.analysis.heat_maps import (
    ask_heat_map,
    ask_heat_maps_ahead,
    check_heat_map,
    claim_heat_map,
    make_heat_map,
    may_ask_heat_map,
    record_heat_map_failure,
)
from cases.analysis.parts import parts_state
from cases.analysis.reading import claim_radiograph, prepare_radiograph, record_prepared, record_radiograph_failure
from cases.analysis.scopes import ask_again, ask_anyway, refusals_of, refused_by_now
from cases.analysis.scoring import claim_analysis, record_analysis, record_analysis_failure, score
from cases.analysis.settling import refresh_top_analysis, settle
from cases.analysis.shadows import is_drawn, open_shadow, prepare_array
from cases.analysis.tries import Row, every, tries_left
from cases.analysis.versions import open_analyses, preprocessings_of, running_versions, scope_of

__all__ = [
    "Row",
    "ask_again",
    "ask_anyway",
    "ask_heat_map",
    "ask_heat_maps_ahead",
    "check_heat_map",
    "claim_analysis",
    "claim_heat_map",
    "claim_radiograph",
    "every",
    "is_drawn",
    "judge_age",
    "make_heat_map",
    "may_ask_heat_map",
    "open_analyses",
    "open_shadow",
    "parts_state",
    "prepare_array",
    "prepare_radiograph",
    "preprocessings_of",
    "record_analysis",
    "record_analysis_failure",
    "record_heat_map_failure",
    "record_prepared",
    "record_radiograph_failure",
    "refresh_top_analysis",
    "refusals_of",
    "refused_by_now",
    "running_versions",
    "scope_of",
    "score",
    "settle",
    "tries_left",
]
