"""The makers of the tests are true to what the workers leave."""

from __future__ import annotations

from cases import analysis, rules
from tests import making


def test_a_made_case_has_its_probability_with_owner(a_case):
    case = a_case(probability=0.91, patient=making.make_patient())
    assert (case.top_probability, case.band) == (0.91, "likely")
    assert case.top_analysis.model_version.version == "1.0"


def test_made_states_are_those_that_their_parts_give(a_case):
    for state in ("ready", "not_scored", "failed"):
        assert analysis.parts_state(a_case(state=state))[0] == rules.State(state)


def test_a_claimed_case_names_its_reader(a_case, bob):
    assert a_case(claimed_by=bob).state == "claimed"
