"""A model that is no longer wanted beside the primary one is stopped; what it said stays."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases import rules
from cases.analysis.versions import running_versions
from cases.models import Event, ModelVersion
from cases.oversight.services import activate_model, stop_model
from tests import making


@pytest.fixture
def beside(model_version) -> ModelVersion:
    """A second model that runs, under a name of its own."""
    return making.make_model("1.0", name="covid19")


def test_it_is_asked_no_more_and_can_be_activated_again(model_version, beside, dana):
    assert set(running_versions()) == {model_version, beside}

    stop_model(version=beside, by=dana, reason="nobody looks at it")

    assert running_versions() == [model_version]
    event = Event.objects.get(verb="model_stopped")
    assert (event.stream, event.actor, event.details["reason"]) == ("model:covid19", dana, "nobody looks at it")
    activate_model(version=beside, by=dana, reason="asked for again")
    assert set(running_versions()) == {model_version, beside}


@pytest.mark.parametrize(
    ("which", "who", "why", "code"),
    [
        ("model_version", "dana", "not wanted", "is_primary"),
        ("beside", "bob", "not wanted", "not_your_role"),
        ("beside", "dana", " ", "reason_missing"),
        ("stopped", "dana", "not wanted", "runs_not"),
    ],
)
def test_what_is_refused(request, model_version, beside, which, who, why, code):
    version = making.make_model("0.9", active=False) if which == "stopped" else request.getfixturevalue(which)
    with pytest.raises(rules.RuleBroken) as caught:
        stop_model(version=version, by=request.getfixturevalue(who), reason=why)
    assert caught.value.code == code
    assert set(running_versions()) == {model_version, beside}


def test_the_admin_offers_it_for_models_beside_the_primary_one(client_of, dana, model_version, beside):
    browser = client_of(dana)
    listed = browser.get(reverse("admin:cases_modelversion_changelist")).content.decode()
    url = reverse("admin:cases_modelversion_stop", args=[beside.pk])
    assert url in listed
    assert reverse("admin:cases_modelversion_stop", args=[model_version.pk]) not in listed

    page = browser.post(url, {"reason": "nobody looks at it"}, follow=True)

    assert [str(message) for message in page.context["messages"]] == ["covid19 1.0 runs no more."]
    assert running_versions() == [model_version]
