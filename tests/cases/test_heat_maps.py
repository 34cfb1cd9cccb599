"""A heat map is made when a reader asks, once, checked, and kept; what the check refuses is kept as figures alone."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from cases import analysis, rules, storage, sweeper
from cases.models import Analysis, Event, HeatMap
from cases.oversight.services import change_policies
from tests import making
from tests.cases.heat_networks import BESIDE, IN_THE_LUNG, Looking, array_key, give_array, loaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(a_case) -> Analysis:
    """A finished answer whose picture is bright in one lung."""
    return give_array(a_case())


def verbs(answer: Analysis) -> list[str]:
    return list(Event.objects.filter(case=answer.radiograph.case).order_by("seq").values_list("verb", flat=True))[1:]


def made(answer: Analysis, bob, network: Looking) -> HeatMap:
    """What comes out when bob asks and the worker works."""
    row = analysis.ask_heat_map(analysis=answer, by=bob)
    with loaded(answer.model_version, network):
        analysis.make_heat_map(row.pk)
    row.refresh_from_db()
    return row


def test_a_map_is_made_checked_and_kept(answer, bob):
    row = made(answer, bob, Looking(IN_THE_LUNG))

    assert (row.state, row.failure_code, row.asked_by, row.lease_until) == ("done", "", bob, None)
    assert row.before > 0.99
    assert row.after < 0.6
    assert row.outside < 0.2
    assert verbs(answer) == ["heat_map_asked", "heat_map_made"]
    with Image.open(io.BytesIO(storage.get(row.key))) as layer:
        assert (layer.mode, layer.size[1] > layer.size[0]) == ("RGBA", True)  # upright, as the picture
    with Image.open(io.BytesIO(storage.get(row.picture_key))) as joined:
        assert (joined.format, joined.size) == ("JPEG", (40, 48))


@pytest.mark.parametrize(
    ("spot", "network", "code"),
    [
        (BESIDE, Looking(BESIDE), "heat_outside"),
        (IN_THE_LUNG, Looking(IN_THE_LUNG, steepness=0.0), "heat_unmoved"),
    ],
)
def test_a_map_that_is_not_reliable_leaves_its_figures_and_no_picture(a_case, bob, spot, network, code):
    answer = give_array(a_case(), spot)
    storage.remove(f"heat-maps/{answer.pk}.png")  # of an earlier test, whose rows were taken back

    row = made(answer, bob, network)

    assert (row.state, row.failure_code, row.key, row.picture_key) == ("unreliable", code, "", "")
    assert row.before is not None
    assert verbs(answer) == ["heat_map_asked", "heat_map_refused"]
    assert not default_storage.exists(f"heat-maps/{answer.pk}.png")


def test_asking_and_making_twice_leaves_one_map(answer, bob, carol):
    row = made(answer, bob, Looking(IN_THE_LUNG))
    again = analysis.ask_heat_map(analysis=answer, by=carol)
    with loaded(answer.model_version, Looking(IN_THE_LUNG)) as network:
        analysis.make_heat_map(row.pk)

    assert (again.pk, again.state, again.asked_by) == (row.pk, "done", bob)
    assert network.calls == 0
    assert verbs(answer) == ["heat_map_asked", "heat_map_made"]


def test_only_readers_ask_and_never_for_an_answer_in_the_shadow(answer, alice, bob, dana):
    for person in (alice, dana):
        assert not analysis.may_ask_heat_map(answer, person)
        with pytest.raises(rules.RuleBroken, match="not_your_role"):
            analysis.ask_heat_map(analysis=answer, by=person)
    Analysis.everything.filter(pk=answer.pk).update(shadow=True)
    hidden = Analysis.everything.get(pk=answer.pk)
    assert not analysis.may_ask_heat_map(hidden, bob)
    with pytest.raises(rules.RuleBroken, match="wrong_state"):
        analysis.ask_heat_map(analysis=hidden, by=bob)
    assert not HeatMap.objects.exists()


def test_there_is_no_map_without_an_answer(answer, bob):
    waiting = Analysis.objects.create(radiograph=answer.radiograph, model_version=answer.model_version, run=2)
    with pytest.raises(rules.RuleBroken, match="wrong_state"):
        analysis.ask_heat_map(analysis=waiting, by=bob)


def test_a_lost_array_is_tried_again_then_told_and_may_be_asked_for_again(a_case, bob, settings):
    answer = give_array(a_case())
    storage.remove(array_key(answer))
    row = made(answer, bob, Looking(IN_THE_LUNG))
    assert (row.state, row.strikes) == ("waiting", 1)

    for _ in range(settings.MAX_STRIKES - 1):
        with loaded(answer.model_version, Looking(IN_THE_LUNG)):
            analysis.make_heat_map(row.pk)
    row.refresh_from_db()
    assert (row.state, row.failure_code) == ("failed", "storage_missing")
    assert verbs(answer) == ["heat_map_asked", "heat_map_failed"]

    give_array(answer.radiograph.case)
    assert made(answer, bob, Looking(IN_THE_LUNG)).state == "done"


def test_an_error_that_nobody_foresaw_strikes_until_it_is_told(answer, bob, settings):
    class Broken(Looking):
        def predict(self, batch):
            raise ZeroDivisionError

    states = [made(answer, bob, Broken(IN_THE_LUNG)).state for _ in range(settings.MAX_STRIKES)]
    assert states == ["waiting"] * (settings.MAX_STRIKES - 1) + ["failed"]
    assert HeatMap.objects.get().failure_code == "internal_error"


def test_a_worker_that_lost_its_claim_records_nothing(answer, bob):
    row = analysis.ask_heat_map(analysis=answer, by=bob)
    mine = analysis.claim_heat_map(row.pk)
    HeatMap.objects.filter(pk=row.pk).update(attempts=2)

    analysis.record_heat_map_failure(mine, "internal_error")

    row.refresh_from_db()
    assert (row.state, row.failure_code) == ("running", "")


def test_the_sweeper_rings_what_nobody_heard_and_frees_what_a_worker_left(answer, bob):
    long_ago = timezone.now() - timedelta(hours=2)
    row = analysis.ask_heat_map(analysis=answer, by=bob)
    HeatMap.objects.filter(pk=row.pk).update(rung_at=long_ago)
    assert sweeper.sweep().rung == 1

    assert analysis.claim_heat_map(row.pk) is not None
    HeatMap.objects.filter(pk=row.pk).update(lease_until=long_ago, rung_at=long_ago)
    swept = sweeper.sweep()
    row.refresh_from_db()
    assert (swept.rung, row.state, row.lease_until) == (1, "waiting", None)


def test_the_map_is_of_the_version_that_answered(a_case, bob):
    older = making.make_model("0.9", active=False)
    answer = give_array(a_case(model=older))
    assert made(answer, bob, Looking(IN_THE_LUNG)).analysis.model_version == older


@pytest.mark.parametrize(("ahead", "asked"), [(False, 0), (True, 1)])
def test_a_site_may_have_the_maps_made_before_anybody_asks(answer, bob, dana, ahead, asked):
    change_policies(by=dana, heat_maps_ahead=ahead)

    assert sweeper.sweep().heat_maps == asked
    assert sweeper.sweep().heat_maps == 0, "once for each answer"
    assert list(HeatMap.objects.values_list("state", "asked_by")) == [("waiting", None)] * asked

    if ahead:
        with loaded(answer.model_version, Looking(IN_THE_LUNG)):
            analysis.make_heat_map(HeatMap.objects.get().pk)
        assert analysis.ask_heat_map(analysis=answer, by=bob).state == "done"
        assert verbs(answer) == ["heat_map_made"]


def test_none_is_made_ahead_for_a_shadow_or_for_what_was_answered_long_ago(a_case, answer, dana):
    change_policies(by=dana, heat_maps_ahead=True)
    Analysis.objects.filter(pk=answer.pk).update(finished_at=timezone.now() - timedelta(days=2))
    Analysis.everything.filter(radiograph__case=a_case()).update(shadow=True)
    assert sweeper.sweep().heat_maps == 0
