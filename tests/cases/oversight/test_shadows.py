"""A version in the shadow: asked after the others, on its share of the cases, and never shown to a reader."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import analysis, rules
from cases.analysis import shadows
from cases.models import Analysis, Case, Event, ModelVersion
from cases.oversight.services import activate_model
from cases.oversight.shadows import set_shadow
from tests import making

ANSWER = {"NORMAL": 0.2, "PNEUMONIA": 0.8}


@pytest.fixture
def newer(model_version) -> ModelVersion:
    """A second version, asked of every case."""
    return set_shadow(version=making.make_model("1.1", active=False), share=1.0, by=None, reason="for the tests")


def answer_in_shadow(case: Case, version: ModelVersion, probability: float = 0.2) -> Analysis:
    """What a worker does with an analysis in the shadow, from the row to the answer."""
    opened = shadows.open_shadow(case.radiographs.get(), version)
    claimed = analysis.claim_analysis(opened.pk)
    analysis.record_analysis(claimed, {"NORMAL": 1 - probability, "PNEUMONIA": probability}, {"network": 0.01})
    return Analysis.everything.get(pk=opened.pk)


def test_a_share_is_drawn_the_same_way_every_time_and_grows_by_adding(model_version):
    drawn = {
        share: [n for n in range(2000) if analysis.is_drawn(model_version, n, share)] for share in (0, 0.1, 0.5, 1)
    }

    assert drawn[0] == []
    assert drawn[1] == list(range(2000))
    assert set(drawn[0.1]) < set(drawn[0.5])
    assert 150 < len(drawn[0.1]) < 250
    assert drawn[0.5] == [n for n in range(2000) if analysis.is_drawn(model_version, n, 0.5)]


def test_two_versions_draw_cases_of_their_own(model_version):
    other = making.make_model("1.1", active=False)
    both = [(analysis.is_drawn(model_version, n, 0.5), analysis.is_drawn(other, n, 0.5)) for n in range(400)]

    assert {(True, False), (False, True), (True, True), (False, False)} == set(both)


def test_an_answer_in_the_shadow_changes_nothing_of_the_case(a_case, newer):
    case = a_case(probability=0.91)
    before = (Case.objects.values().get(pk=case.pk), Event.objects.filter(case=case).count())

    row = answer_in_shadow(case, newer, 0.2)

    assert (row.state, row.shadow, row.band, row.thresholds) == ("done", True, "unlikely", newer.thresholds)
    assert (Case.objects.values().get(pk=case.pk), Event.objects.filter(case=case).count()) == before
    assert Event.objects.filter(verb="answered_in_shadow", stream="model:pneumonia").count() == 1


def test_nobody_meets_a_shadow_by_the_usual_way_to_an_analysis(a_case, newer):
    case = a_case(probability=0.91)
    row = answer_in_shadow(case, newer)

    assert row not in Analysis.objects.all()
    assert row not in case.radiographs.get().analyses.all()
    assert row not in newer.analyses.all()
    assert row not in Case.objects.prefetch_related("radiographs__analyses").get().radiographs.all()[0].analyses.all()
    assert row in Analysis.everything.all()


def test_an_answer_stays_in_the_shadow_when_its_version_is_activated(a_case, newer, dana):
    case = a_case(probability=0.91)
    row = answer_in_shadow(case, newer)

    activate_model(version=newer, by=dana, reason="it is better")
    analysis.refresh_top_analysis(case)

    newer.refresh_from_db()
    assert (newer.active, newer.shadow_share) == (True, 0.0)
    assert Analysis.everything.get(pk=row.pk).shadow
    assert case.top_analysis.model_version != newer


def test_a_run_that_readers_see_is_counted_without_the_shadow(a_case, newer, bob, dana):
    from cases.intake.services import rerun

    case = a_case(probability=0.91)
    answer_in_shadow(case, newer)
    activate_model(version=newer, by=dana, reason="it is better")

    rerun(case=case, by=bob)

    further = Analysis.objects.get(model_version=newer)
    assert (further.run, further.shadow, further.state) == (2, False, "waiting")


def test_a_failure_in_the_shadow_leaves_the_case_as_it_was(a_case, newer):
    case = a_case(probability=0.91)
    opened = shadows.open_shadow(case.radiographs.get(), newer)

    analysis.record_analysis_failure(analysis.claim_analysis(opened.pk), "bundle_foreign")

    case.refresh_from_db()
    assert Analysis.everything.get(pk=opened.pk).state == "failed"
    assert (case.state, case.failure_code) == ("ready", "")


def test_a_picture_that_needs_another_preparation_is_prepared_without_touching_its_row(a_case, newer):
    from inference.preprocessing import Preprocessing

    other = Preprocessing(height=32, width=32)
    ModelVersion.objects.filter(pk=newer.pk).update(preprocessing=other.to_dict())
    case = a_case(probability=0.91)
    radiograph = case.radiographs.get()
    before = type(radiograph).objects.values().get(pk=radiograph.pk)
    opened = shadows.open_shadow(radiograph, newer)

    analysis.score(opened.pk)
    assert Analysis.everything.get(pk=opened.pk).state == "waiting"
    analysis.prepare_array(opened.pk)

    from cases import storage

    assert storage.get_array(radiograph.array_key(other.fingerprint)).shape == (32, 32, 1)
    assert type(radiograph).objects.values().get(pk=radiograph.pk) == before


def test_a_picture_whose_file_is_gone_fails_in_the_shadow_only(a_case, newer):
    case = a_case(probability=0.91)
    radiograph = case.radiographs.get()
    type(radiograph).objects.filter(pk=radiograph.pk).update(original_sha256="f" * 64)
    opened = shadows.open_shadow(radiograph, newer)

    analysis.prepare_array(opened.pk)

    row = Analysis.everything.get(pk=opened.pk)
    assert (row.state, row.failure_code) == ("failed", "storage_missing")
    assert Case.objects.get(pk=case.pk).state == "ready"


def test_a_version_does_not_run_and_stand_in_the_shadow(model_version):
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(pk=model_version.pk).update(shadow_share=0.5)


@pytest.mark.parametrize(
    ("who", "share", "why", "code"),
    [
        ("bob", 0.5, "I want to", "not_your_role"),
        ("dana", 1.5, "more than all", "share_out_of_range"),
        ("dana", 0.5, " ", "reason_missing"),
    ],
)
def test_a_share_that_is_refused(request, model_version, who, share, why, code):
    version = making.make_model("1.1", active=False)
    with pytest.raises(rules.RuleBroken) as caught:
        set_shadow(version=version, share=share, by=request.getfixturevalue(who), reason=why)
    assert caught.value.code == code


def test_the_version_that_runs_is_not_put_in_the_shadow(model_version, dana):
    with pytest.raises(rules.RuleBroken) as caught:
        set_shadow(version=model_version, share=0.5, by=dana, reason="for the tests")
    assert caught.value.code == "runs_already"


def test_an_administrator_begins_and_ends_it_with_a_reason(client_of, dana, model_version):
    version = making.make_model("1.1", active=False)
    url = reverse("admin:cases_modelversion_shadow", args=[version.pk])
    browser = client_of(dana)

    assert "errorlist" in browser.post(url, {"share": "7", "reason": "too many"}).content.decode()
    browser.post(url, {"share": "0.25", "reason": "is it better here?"})

    version.refresh_from_db()
    assert version.shadow_share == 0.25
    event = Event.objects.get(verb="shadow_changed")
    assert (event.actor, event.details["old"], event.details["new"]) == (dana, 0.0, 0.25)
    browser.post(url, {"share": "0", "reason": "seen enough"})
    version.refresh_from_db()
    assert version.shadow_share == 0
