"""A query that is put together once answers as Django's own does, for each person."""

from __future__ import annotations

import pytest

from cases.blind import eyes
from cases.blind.services import store_opinion
from cases.models import User
from cases.prepared import rows_for
from cases.reading import services
from cases.worklist import counts


@pytest.mark.parametrize("build", [eyes._kept_and_parts, counts._nothing_kept])
def test_the_rows_are_those_of_the_query_set(build, a_case, bob, carol, dana):
    case = a_case(claimed_by=bob, read_blind=True)
    store_opinion(case=case, by=bob, verdict="normal", comment="", version=case.version)
    a_case()
    services.claim_next(by=carol)
    for user in (bob, carol, dana):
        assert sorted(rows_for(user, build)) == sorted(build(user))
    assert len({frozenset(rows_for(user, build)) for user in (bob, carol, dana)}) > 1


def test_it_is_put_together_once_for_all_people_of_a_role(bob, carol):
    built = []

    def build(user: User):
        built.append(user.pk)
        return User.objects.filter(pk=user.pk).values_list("username")

    assert rows_for(bob, build) == [("bob",)]
    assert rows_for(carol, build) == [("carol",)]
    assert len(built) == 1


def test_who_was_shut_out_gets_nothing(bob, a_case):
    a_case(claimed_by=bob)
    assert dict(rows_for(bob, counts._nothing_kept))["mine"] == 1
    bob.is_active = False
    assert dict(rows_for(bob, counts._nothing_kept)).get("mine", 0) == 0
