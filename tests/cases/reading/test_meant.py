"""What a score meant here: counted among signed cases of the same kind and version, with an interval and its source."""

from __future__ import annotations

import pytest
from django.urls import reverse

from cases.intervals import wilson
from cases.models import Case
from cases.reading.meant import EDGES, ENOUGH, Meant, bin_of, meant_here
from tests import making
from tests.cases.reading.acts import sign_case


def signed(a_case, bob, count: int, verdict: str, probability: float = 0.8, **values) -> None:
    """Rows as signing leaves them, without its work: one is signed, the others are copies."""
    first = a_case(probability=probability, by=bob, **values)
    sign_case(first, bob, verdict, "words")
    first.refresh_from_db()
    names = [field.attname for field in Case._meta.concrete_fields if not field.primary_key]
    row = {name: getattr(first, name) for name in names}
    Case.objects.bulk_create(Case(**row) for _ in range(count - 1))


def meant(case: Case) -> Meant:
    return meant_here(case, case.top_analysis)


@pytest.mark.parametrize(
    ("probability", "edges"),
    [(0.0, (0.0, 0.05)), (0.05, (0.05, 0.1)), (0.8, (0.75, 0.9)), (0.9, (0.9, 0.95)), (1.0, (0.95, 1.0))],
)
def test_a_score_lies_in_one_bin(probability, edges):
    assert bin_of(probability) == edges
    assert list(EDGES) == sorted(set(EDGES))


@pytest.mark.parametrize(
    ("positive", "count", "low", "high"),
    # As SciPy's binomtest(positive, count).proportion_ci(method="wilson") gives them.
    [(85, 120, 0.6215, 0.7823), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (1, 2, 0.0945, 0.9055)],
)
def test_the_interval_is_wilsons(positive, count, low, high):
    assert wilson(positive, count) == pytest.approx((low, high), abs=0.0002)


def test_the_page_says_how_many_had_pneumonia_with_interval_and_source(a_case, bob, client_of):
    signed(a_case, bob, 17, "pneumonia")
    signed(a_case, bob, 7, "normal")
    signed(a_case, bob, 3, "uncertain")
    case = a_case(probability=0.76)

    page = client_of(bob).get(reverse("case", args=[case.pk])).content.decode()

    assert "Of 24 signed cases here with a score from 0.75 to 0.90, 71 % had pneumonia (51 to 85 %)." in page
    assert "Left out as uncertain or not diagnostic: 3." in page
    assert "other cases of pneumonia 1.0" in page


def test_too_few_cases_are_said_to_be_too_few(a_case, bob):
    signed(a_case, bob, ENOUGH - 1, "pneumonia")
    case = a_case(probability=0.76)

    assert "too few signed cases have a score from 0.75 to 0.90 (19)." in meant(case).sentence
    assert "%" not in meant(case).sentence


def test_only_signed_cases_of_this_version_kind_and_bin_count(a_case, bob):
    case = a_case(probability=0.8)
    signed(a_case, bob, 2, "pneumonia")
    signed(a_case, bob, 3, "pneumonia", probability=0.95)
    signed(a_case, bob, 4, "pneumonia", kind="phantom")
    signed(a_case, bob, 5, "pneumonia", model=making.make_model("2.0", active=False))
    a_case(probability=0.85)

    assert (meant(case).count, meant(case).positive) == (2, 2)


def test_a_signed_case_does_not_count_itself(a_case, bob):
    case = a_case(probability=0.8)
    sign_case(case, bob, "pneumonia")
    case.refresh_from_db()

    assert meant(case).count == 0


@pytest.mark.parametrize("until", ["second", "third"])
def test_a_case_that_waits_for_another_reader_is_not_counted(until, a_case, bob):
    signed(a_case, bob, 3, "pneumonia")
    signed(a_case, bob, 1, "normal")
    signed(a_case, bob, 1, "uncertain")
    Case.objects.filter(verdict__in=["normal", "uncertain"]).update(kept_back=until)

    found = meant(a_case(probability=0.8))

    assert (found.count, found.positive, found.left_out) == (3, 3, 0)


def test_it_costs_one_query(a_case, bob, django_assert_num_queries):
    case = Case.objects.select_related("top_analysis__model_version").get(pk=a_case(probability=0.8).pk)

    with django_assert_num_queries(1):
        assert meant(case).sentence
