"""How well readers agree, and what the model did to them: the figures, and who sees which."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import reverse

from cases.blind.effects import effect, effects_on
from cases.blind.services import store_opinion
from cases.models import Case, Opinion, SecondReading, Site
from cases.reading import services
from cases.second.agreement import ENOUGH, agreement, kappa_with_error, own_agreement, pair_agreements
from cases.second.services import adjudicate, store_second
from tests.cases.reading.acts import sign_case


def pairs_of(*rows: tuple[int, ...]) -> Counter[tuple[str, str]]:
    """A table of counts, its classes named by letters."""
    cells = ((i, j, n) for i, row in enumerate(rows) for j, n in enumerate(row))
    return Counter({("abcd"[i], "abcd"[j]): n for i, j, n in cells})


def test_kappa_and_its_error_are_those_of_a_known_table():
    """Husbands and wives, 91 couples (Agresti, Categorical Data Analysis): 0.129 with an error of 0.0686."""
    kappa, error = kappa_with_error(pairs_of((7, 7, 2, 3), (2, 8, 3, 7), (1, 5, 4, 9), (2, 8, 9, 14)))

    assert kappa == pytest.approx(0.1293, abs=5e-5)
    assert error == pytest.approx(0.0686, abs=5e-5)


def test_it_is_the_same_whoever_of_the_two_comes_first():
    one = agreement(pairs_of((20, 5), (3, 12)))
    other = agreement(pairs_of((20, 3), (5, 12)))
    assert one == other
    assert one.low < one.kappa < one.high


@pytest.mark.parametrize(
    ("rows", "kappa"), [(((15, 0), (0, 15)), 1.0), (((10, 10), (10, 10)), 0.0), (((0, 15), (15, 0)), -1.0)]
)
def test_the_ends_of_the_scale(rows, kappa):
    found = agreement(pairs_of(*rows))
    assert found.kappa == pytest.approx(kappa)
    assert -1 <= found.low <= found.high <= 1


def test_too_few_cases_and_one_word_alone_have_no_kappa():
    assert agreement(pairs_of((ENOUGH - 2, 0), (0, 1))).kappa is None
    assert agreement(pairs_of((ENOUGH, 0), (0, 0))).kappa is None
    assert agreement(Counter()).cases == 0


@pytest.fixture
def read_twice(a_case, bob, carol, erin) -> list[SecondReading]:
    """Bob and carol on 24 cases, each first on half of them; erin and bob on one."""
    said = ["normal"] * 14 + ["pneumonia"] * 10
    rows = [read_by(a_case(), bob, carol, word, "normal" if turn == 3 else word) for turn, word in enumerate(said[::2])]
    rows += [read_by(a_case(), carol, bob, word, word) for word in said[1::2]]
    return [*rows, read_by(a_case(), erin, bob, "normal", "normal")]


def read_by(case: Case, first, second, signed: str, anew: str) -> SecondReading:
    told = {"signed_verdict": signed, "second_verdict": anew, "state": "done"}
    return SecondReading.objects.create(case=case, why="share", first_reader=first, second_reader=second, **told)


def test_pairs_stand_by_name(read_twice):
    rows = pair_agreements()
    assert [(one, other, row.cases) for one, other, row in rows] == [("Bob", "Carol", 24), ("Bob", "Erin", 1)]
    assert rows[0][2].kappa is not None
    assert rows[1][2].kappa is None


def test_the_own_figures_are_with_all_others_together(read_twice, bob, carol):
    assert (own_agreement(bob).cases, own_agreement(carol).cases) == (25, 24)


def test_a_reader_sees_the_own_page_and_no_name_of_another(read_twice, bob, dana, client_of):
    page = client_of(bob).get(reverse("my_figures")).content.decode()
    assert "25" in page
    assert "Carol" not in page
    assert client_of(bob).get(reverse("reader_pairs")).status_code == 403

    pairs = client_of(dana).get(reverse("reader_pairs")).content.decode()
    assert "Bob · Carol" in pairs
    assert "too few" in pairs


# ---- the model's effect ----


@pytest.mark.parametrize(
    ("opinion", "signed", "settled", "found"),
    [
        ("normal", "normal", "normal", "unchanged"),
        ("normal", "normal", "pneumonia", "unchanged"),
        ("normal", "pneumonia", "pneumonia", "helped"),
        ("normal", "pneumonia", "normal", "harmed"),
        ("normal", "pneumonia", "uncertain", "neither"),
    ],
)
def test_the_four_effects(opinion, signed, settled, found):
    assert effect(opinion, signed, settled) == found


def blind_case(a_case, reader, before: str, after: str) -> Case:
    case = a_case(probability=0.95, read_blind=True, claimed_by=reader)
    store_opinion(case=case, by=reader, verdict=before, comment="", version=case.version)
    case.refresh_from_db()
    services.sign(case=case, by=reader, verdict=after, comment="", version=case.version)
    return case


def test_an_effect_is_held_against_what_the_case_turned_out_to_be(a_case, bob, carol, erin, client_of):
    blind_case(a_case, bob, "pneumonia", "pneumonia")
    blind_case(a_case, bob, "normal", "pneumonia")
    Site.objects.update_or_create(pk=1, defaults={"second_reading": True, "second_percent": 0})
    wrong = blind_case(a_case, bob, "pneumonia", "normal")
    store_second(case=wrong, by=carol, verdict="pneumonia", comment="")
    assert effects_on(bob).checked.total() == 0
    wrong.refresh_from_db()
    adjudicate(case=wrong, by=erin, verdict="pneumonia", comment="", reason="a focus", version=wrong.version)

    effects = effects_on(bob)
    assert effects.all == {"unchanged": 1, "helped": 1, "harmed": 1}
    assert effects.checked == {"harmed": 1}
    assert effects_on(carol).all == {}
    assert "harmed" in client_of(bob).get(reverse("my_figures")).content.decode()


def test_whom_somebody_else_signed_for_has_no_effect(a_case, bob, carol):
    case = a_case(probability=0.95, read_blind=True, claimed_by=bob)
    store_opinion(case=case, by=bob, verdict="normal", comment="", version=case.version)
    services.release(case=Case.objects.get(pk=case.pk), by=bob)
    fresh = services.claim(case=case, by=carol)
    store_opinion(case=fresh, by=carol, verdict="normal", comment="", version=fresh.version)
    sign_case(case, carol, "normal")

    assert Opinion.objects.count() == 2
    assert effects_on(bob).all == {}
    assert effects_on(carol).all == {"unchanged": 1}
