"""What the sweeper does with rows that somebody left half way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from cases import analysis, live, pulse, sweeper
from cases.management.commands.sweeper import one_round
from cases.models import Analysis, Case, Event, Radiograph, WorkerPulse

pytestmark = pytest.mark.django_db(transaction=True)


def a_reading(case: Case, worker: str = "", **fields) -> Radiograph:
    """The case's radiograph, in the hands of a worker whose lease has run out."""
    radiograph = case.radiographs.get()
    Radiograph.objects.filter(pk=radiograph.pk).update(
        state="reading", worker=worker, lease_until=timezone.now() - timedelta(seconds=1), **{"attempts": 1, **fields}
    )
    radiograph.refresh_from_db()
    return radiograph


def test_a_lost_reading_waits_again_and_is_rung(a_case, alice):
    radiograph = a_reading(a_case(state="received", by=alice))

    swept = sweeper.sweep()

    radiograph.refresh_from_db()
    assert (radiograph.state, radiograph.lease_until, radiograph.strikes) == ("waiting", None, 0)
    assert swept.rung == 1


def test_a_reading_whose_worker_lives_on_counts_against_the_picture(a_case, alice):
    pulse.beat("reader@here", "read", pid=17)
    radiograph = a_reading(a_case(state="received", by=alice), worker="reader@here/17")

    sweeper.sweep()

    radiograph.refresh_from_db()
    assert (radiograph.state, radiograph.strikes) == ("waiting", 1)


def test_the_third_strike_fails_the_case_with_its_reason(a_case, alice):
    pulse.beat("reader@here", "read", pid=17)
    case = a_case(state="received", by=alice)
    radiograph = a_reading(case, worker="reader@here/17", attempts=3, strikes=settings.MAX_STRIKES - 1)

    swept = sweeper.sweep()

    radiograph.refresh_from_db()
    case.refresh_from_db()
    assert (radiograph.state, case.state, case.failure_code) == ("failed", "failed", "decoder_crashed")
    assert swept.failed == 1
    assert Event.objects.filter(case=case, verb="failed").count() == 1


def test_a_restarted_worker_frees_what_it_held_before_the_lease_ends(a_case, alice):
    pulse.beat("reader@here", "read", pid=18)
    radiograph = a_reading(a_case(state="received", by=alice), worker="reader@here/17")
    Radiograph.objects.filter(pk=radiograph.pk).update(lease_until=timezone.now() + timedelta(minutes=5))

    sweeper.sweep()

    radiograph.refresh_from_db()
    assert (radiograph.state, radiograph.strikes) == ("waiting", 0)


def test_a_row_in_good_hands_is_left_alone(a_case, alice):
    pulse.beat("reader@here", "read", pid=17)
    radiograph = a_reading(a_case(state="received", by=alice), worker="reader@here/17")
    Radiograph.objects.filter(pk=radiograph.pk).update(lease_until=timezone.now() + timedelta(minutes=5))

    swept = sweeper.sweep()

    radiograph.refresh_from_db()
    assert (radiograph.state, swept.rung) == ("reading", 0)


def test_workers_that_always_die_are_not_fed_for_ever(a_case, alice):
    case = a_case(state="received", by=alice)
    a_reading(case, worker="reader@gone/1", attempts=settings.MAX_ATTEMPTS)

    sweeper.sweep()

    case.refresh_from_db()
    assert (case.state, case.failure_code) == ("failed", "decoder_crashed")


def test_an_analysis_of_a_lost_worker_waits_again(a_case, alice):
    row = Analysis.objects.get(radiograph__case=a_case(by=alice))
    again = Analysis.objects.create(
        radiograph=row.radiograph,
        model_version=row.model_version,
        run=2,
        state="running",
        attempts=1,
        worker="inference@gone/1",
        lease_until=timezone.now() + timedelta(minutes=5),
    )

    sweeper.sweep()

    again.refresh_from_db()
    assert (again.state, again.strikes) == ("waiting", 0)


def test_an_ended_lease_gives_the_case_back(a_case, alice, bob):
    case = a_case(by=alice, claimed_by=bob)
    Case.objects.filter(pk=case.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

    swept = sweeper.sweep()

    case.refresh_from_db()
    assert (case.state, case.claimed_by, swept.released) == ("ready", None, 1)
    assert Event.objects.filter(case=case, verb="released").get().details["reason"] == "lease_ended"


def test_a_row_that_was_rung_a_moment_ago_is_not_rung_again(a_case, alice):
    case = a_case(state="received", by=alice)
    Radiograph.objects.filter(case=case).update(rung_at=timezone.now())

    assert sweeper.sweep().rung == 0


def test_what_came_back_after_its_row_was_given_away_is_dropped(a_case, alice):
    row = Analysis.objects.get(radiograph__case=a_case(by=alice))
    again = Analysis.objects.create(radiograph=row.radiograph, model_version=row.model_version, run=2)
    late = analysis.claim_analysis(again.pk)
    Analysis.objects.filter(pk=again.pk).update(state="waiting", lease_until=None)
    newer = analysis.claim_analysis(again.pk)

    analysis.record_analysis(late, {"NORMAL": 0.9, "PNEUMONIA": 0.1}, {})
    analysis.record_analysis(newer, {"NORMAL": 0.2, "PNEUMONIA": 0.8}, {})
    analysis.record_analysis(newer, {"NORMAL": 0.3, "PNEUMONIA": 0.7}, {})

    again.refresh_from_db()
    assert again.positive_probability == 0.8
    assert Event.objects.filter(verb="analysed", details__analysis=again.pk).count() == 1


def test_open_pages_are_told_when_the_last_model_goes_and_when_one_comes(monkeypatch):
    told: list[bool] = []
    monkeypatch.setattr(live, "refresh", lambda: told.append(True))

    pulse.beat("infer@test", "infer")
    answering = one_round(None)
    assert (answering, len(told)) == (True, 0)

    WorkerPulse.objects.filter(kind="infer").update(at=timezone.now() - timedelta(seconds=pulse.ALIVE_SECONDS + 1))
    answering = one_round(answering)
    assert (answering, len(told)) == (False, 1)
    assert (one_round(answering), len(told)) == (False, 1)

    pulse.beat("infer@test", "infer")
    assert (one_round(answering), len(told)) == (True, 2)
