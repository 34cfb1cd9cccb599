"""Models side by side: counts, bands and AUC of a version in the shadow, for administrators."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.models import Activation, Analysis, ModelVersion
from cases.oversight import agreement
from cases.oversight.services import activate_model
from tests import making
from tests.cases.reading.acts import sign_case


@pytest.fixture
def newer(model_version) -> ModelVersion:
    return making.make_model("1.1", active=False)


def answer_in_shadow(case, version, probability: float) -> None:
    Analysis.everything.create(
        radiograph=case.radiographs.get(),
        model_version=version,
        shadow=True,
        state="done",
        finished_at=timezone.now(),
        positive_probability=probability,
        band=making._band(probability),
    )


@pytest.mark.parametrize(
    ("sick", "well", "wanted"),
    [
        ([0.9] * 10, [0.1] * 10, 1.0),
        ([0.1] * 10, [0.9] * 10, 0.0),
        ([0.5] * 10, [0.5] * 10, 0.5),
        ([0.2, 0.8] * 5, [0.5] * 10, 0.5),
        ([0.2, 0.8, 0.8, 0.8] * 3, [0.5] * 10, 0.75),
        ([0.9] * 9, [0.1] * 10, None),
        ([], [], None),
    ],
)
def test_the_auc_counts_pairs_in_the_right_order(sick, well, wanted):
    scored = [(score, "pneumonia") for score in sick] + [(score, "normal") for score in well] + [(0.4, "uncertain")]
    assert agreement.auc(scored) == (None if wanted is None else pytest.approx(wanted))


def test_pictures_that_both_scored_are_counted_by_band(a_case, newer):
    for shown, shadow in ((0.9, 0.95), (0.9, 0.5), (0.1, 0.1), (0.5, 0.9)):
        answer_in_shadow(a_case(probability=shown), newer, shadow)
    a_case(probability=0.9)

    (row,) = agreement.all_beside()

    assert (row.version, row.pairs, row.same_band, row.states) == (newer, 4, 2, {"done": 4})
    assert row.table == [("unlikely", [1, 0, 0]), ("uncertain", [0, 0, 1]), ("likely", [0, 1, 1])]
    assert row.mean_difference == pytest.approx((0.05 + 0.4 + 0 + 0.4) / 4)
    assert (row.auc, row.primary_auc) == (None, None)


def test_both_are_held_against_what_was_signed(a_case, newer, bob):
    for verdict, shown, shadow in [("pneumonia", 0.4, 0.9), ("normal", 0.6, 0.2)] * agreement.ENOUGH:
        case = a_case(probability=shown)
        answer_in_shadow(case, newer, shadow)
        sign_case(case, bob, verdict)

    (row,) = agreement.all_beside()

    assert row.verdicts == {"pneumonia": 10, "normal": 10}
    assert (row.auc, row.primary_auc) == (1.0, 0.0)


def test_the_page_says_it_to_administrators_alone(a_case, newer, client_of, dana, bob):
    answer_in_shadow(a_case(probability=0.9), newer, 0.5)

    page = client_of(dana).get(reverse("side_by_side")).content.decode()

    assert "pneumonia 1.1" in page
    assert "0 of 1" in page
    assert "too few: at least ten signed cases" in page
    assert client_of(bob).get(reverse("side_by_side")).status_code == 403
    assert reverse("side_by_side") not in client_of(bob).get(reverse("models")).content.decode()


def test_an_activation_keeps_what_ran_before_and_proposes_the_bundles_thresholds(a_case, newer, client_of, dana):
    first = ModelVersion.objects.get(active=True)
    activate_model(version=first, by=dana, reason="ours", thresholds={"sensitive": 0.2, "specific": 0.6})
    case = a_case(probability=0.5)
    asked = client_of(dana).get(reverse("admin:cases_modelversion_activate", args=[newer.pk]))
    assert asked.context["form"].initial == newer.thresholds

    activate_model(version=newer, by=dana, reason="better", thresholds={"sensitive": 0.1, "specific": 0.4})

    last = Activation.objects.latest("pk")
    assert (last.replaced, last.old_thresholds) == (first, {"sensitive": 0.2, "specific": 0.6})
    assert (last.by, last.thresholds) == (dana, {"sensitive": 0.1, "specific": 0.4})
    case.refresh_from_db()
    assert (case.top_analysis.thresholds, case.band) == (making.THRESHOLDS, "uncertain")
    page = client_of(dana).get(reverse("model", args=[newer.pk])).content.decode()
    assert "pneumonia 1.0: 0.20 / 0.60" in page
