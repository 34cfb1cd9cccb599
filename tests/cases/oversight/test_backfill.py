"""Old cases are scored by another version, each once, and never before what somebody waits for."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases import analysis
from cases.models import Analysis, Case, ModelVersion
from cases.oversight import backfill
from tests import making


@pytest.fixture
def newer(model_version) -> ModelVersion:
    return making.make_model("1.1", active=False)


def wanted(version: ModelVersion, **wish) -> list[int]:
    return [row.case_id for row in backfill.pictures_without(version, backfill.Wish(**wish))]


def test_scorable_pictures_that_this_version_never_saw_are_wanted(a_case, newer):
    old, seen = a_case(probability=0.9), a_case(probability=0.9)
    for state in ("not_scored", "failed", "queued", "rejected"):
        a_case(state=state)
    analysis.open_shadow(seen.radiographs.get(), newer)

    assert wanted(newer) == [old.pk]


def fail(version: ModelVersion, radiograph) -> Analysis:
    """Ask, and let the worker say that it can't."""
    claimed = analysis.claim_analysis(backfill.ask(version, radiograph).pk)
    analysis.record_analysis_failure(claimed, "bundle_altered")
    claimed.refresh_from_db()
    return claimed


def answer(row: Analysis) -> None:
    analysis.record_analysis(analysis.claim_analysis(row.pk), {"NORMAL": 0.4, "PNEUMONIA": 0.6}, {})


def test_what_failed_is_asked_for_once_more_as_a_further_run_and_what_is_done_stays(a_case, newer, capsys):
    broken, sound = (a_case(probability=0.9).radiographs.get() for _ in range(2))
    first = fail(newer, broken)
    assert (first.state, first.run) == ("failed", 1)
    answer(backfill.ask(newer, sound))

    assert wanted(newer) == [broken.case_id]
    call_command("backfill", "--model", "pneumonia@1.1", "--dry-run", "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["pictures"], said["again"]) == (1, 1)
    call_command("backfill", "--model", "pneumonia@1.1", "--dry-run")
    assert "1 pictures would be scored (1 of them once more: their last try had failed)." in capsys.readouterr().out

    second = backfill.ask(newer, broken)
    assert (second.run, second.shadow, second.state) == (2, True, "waiting")
    assert wanted(newer) == [], "it waits, and the next command leaves it to the workers"
    answer(second)
    assert wanted(newer) == []
    first.refresh_from_db()
    assert (first.state, first.failure_code) == ("failed", "bundle_altered")


def test_what_fails_again_is_asked_for_once_by_every_command(a_case, newer, monkeypatch):
    monkeypatch.setattr(backfill, "LOOK_SECONDS", 0)
    a_case(probability=0.9)

    def tell(_: backfill.Done) -> None:
        for row in Analysis.everything.filter(shadow=True, state="waiting"):
            analysis.record_analysis_failure(analysis.claim_analysis(row.pk), "bundle_altered")

    for run in (1, 2, 3):
        done = backfill.backfill(newer, list(backfill.pictures_without(newer, backfill.Wish())), tell)
        assert done.states == {"failed": 1}
        assert list(Analysis.everything.filter(shadow=True).values_list("run", flat=True)) == list(range(1, run + 1))


def test_days_limit_and_share_narrow_it_down(a_case, newer):
    cases = [a_case(minutes_ago=60 * 24 * days) for days in (0, 5, 10, 15)]
    day = timezone.localdate(cases[1].received_at)

    assert wanted(newer, since=day) == [cases[0].pk, cases[1].pk]
    assert wanted(newer, until=day) == [case.pk for case in cases[1:]]
    assert wanted(newer, since=day, until=day) == [cases[1].pk]
    assert wanted(newer, limit=2) == [cases[0].pk, cases[1].pk]
    assert wanted(newer, share=0.0) == []
    assert wanted(newer, share=0.5) == [case.pk for case in cases if analysis.is_drawn(newer, case.pk, 0.5)]


def test_it_waits_while_somebody_waits_for_another_picture(a_case):
    a_case(probability=0.9)
    assert not backfill.others_wait()

    urgent = a_case(state="received", priority="urgent")
    assert backfill.others_wait()
    Case.objects.filter(pk=urgent.pk).update(state="rejected")
    assert not backfill.others_wait()


def test_a_few_at_a_time_are_asked_for_and_none_while_others_wait(a_case, newer, monkeypatch):
    monkeypatch.setattr(backfill, "AT_ONCE", 2)
    monkeypatch.setattr(backfill, "LOOK_SECONDS", 0)
    for _ in range(5):
        a_case(probability=0.9)
    radiographs = list(backfill.pictures_without(newer, backfill.Wish()))
    late = a_case(state="received")
    open_ones = []

    def tell(done: backfill.Done) -> None:
        waiting = Analysis.everything.filter(shadow=True, state="waiting")
        open_ones.append(waiting.count())
        if len(open_ones) == 3:
            Case.objects.filter(pk=late.pk).update(state="rejected")
        for row in waiting[:1]:
            claimed = analysis.claim_analysis(row.pk)
            analysis.record_analysis(claimed, {"NORMAL": 0.4, "PNEUMONIA": 0.6}, {})

    done = backfill.backfill(newer, radiographs, tell)

    assert open_ones[:3] == [0, 0, 0]
    assert max(open_ones) == 2
    assert done.states == {"done": 5}
    assert Analysis.everything.filter(model_version=newer, shadow=True, state="done").count() == 5
    assert wanted(newer) == []


def test_a_dry_run_counts_and_asks_for_nothing(a_case, newer, capsys):
    a_case(probability=0.9)

    call_command("backfill", "--model", "pneumonia@1.1", "--dry-run", "--json")

    said = json.loads(capsys.readouterr().out)
    assert (said["model"], said["pictures"], said["dry_run"]) == ("pneumonia 1.1", 1, True)
    assert not Analysis.everything.filter(shadow=True).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", "pneumonia@7"], "Registered: pneumonia@1.0, pneumonia@1.1"),
        (["--model", "pneumonia@1.1", "--since", "yesterday"], "no date like"),
        (["--model", "pneumonia@1.1", "--share", "1.5"], "no share from 0 to 1"),
        (["--model", "pneumonia@1.1", "--limit", "-1"], "-1 is no whole number from 1 on"),
        (["--model", "pneumonia@1.1", "--limit", "0"], "0 is no whole number from 1 on"),
        (["--model", "pneumonia@1.1", "--limit", "many"], "many is no whole number from 1 on"),
        (["--model", "pneumonia@1.1"], "No inference worker gives a sign of life"),
    ],
)
def test_what_is_refused_says_what_to_do(newer, words, message):
    with pytest.raises(CommandError, match=message):
        call_command("backfill", *words)


def test_a_day_counts_from_midnight_to_midnight_of_the_site(a_case, newer):
    case = a_case(minutes_ago=0)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    Case.objects.filter(pk=case.pk).update(received_at=midnight - timedelta(seconds=1))

    assert wanted(newer, since=midnight.date()) == []
    assert wanted(newer, until=(midnight - timedelta(days=1)).date()) == [case.pk]
