"""The signed cases that look most alike to the network: which, in which order, for whom, and what is said of them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from django.urls import reverse

from cases.models import Analysis, Case, Embedding, Patient
from cases.models.events import ChangeRefused
from cases.reading import services, shelf
from cases.reading.shelf import newest_embeddings
from cases.reading.similar import ENOUGH, SHOWN, similar_cases
from tests import making


@pytest.fixture
def case(a_case) -> Case:
    return seen(a_case(probability=0.5), 0)


def seen(case: Case, degrees: float) -> Case:
    """The network saw it so many degrees from another."""
    making.make_embedding(case.top_analysis, degrees)
    return case


def signed(a_case, degrees: float, verdict: str = "pneumonia", **values) -> Case:
    """As signing leaves the row, without its work."""
    case = seen(a_case(state="signed", **values), degrees)
    Case.objects.filter(pk=case.pk).update(verdict=verdict)
    return case


def far_ones(a_case, count: int = ENOUGH) -> list[Case]:
    """Signed as normal and seen at a right angle and more, nearest first: one is made, the others are copies."""
    first = signed(a_case, 90, "normal")
    values = copied(Case.objects.get(pk=first.pk))
    answers = [Analysis(**copied(first.top_analysis) | {"run": 2 + place}) for place in range(count - 1)]
    Analysis.objects.bulk_create(answers)
    for place, answer in enumerate(answers):
        making.make_embedding(answer, 91 + place)
    others = Case.objects.bulk_create(Case(**values | {"top_analysis_id": answer.pk}) for answer in answers)
    return [first, *others]


def copied(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def found(case: Case, user) -> list[Case]:
    return [row.case for row in similar_cases(case, case.top_analysis, user).neighbours]


def page_of(browser, case: Case) -> str:
    return browser.get(reverse("similar", args=[case.pk])).content.decode()


def test_the_five_nearest_come_first_with_their_verdicts_and_how_alike_they_are(a_case, case, bob):
    near = [
        signed(a_case, degrees, verdict) for degrees, verdict in ((20, "normal"), (10, "uncertain"), (30, "normal"))
    ]
    far_ones(a_case)

    rows = similar_cases(case, case.top_analysis, bob).neighbours

    assert [row.case for row in rows[:3]] == [near[1], near[0], near[2]]
    assert [row.case.verdict for row in rows[:3]] == ["uncertain", "normal", "normal"]
    assert [row.figure for row in rows[:3]] == ["0.985", "0.940", "0.868"]
    assert len(rows) == SHOWN


def test_what_is_usual_is_said_beside_it(a_case, case, bob, client_of):
    far = far_ones(a_case, ENOUGH + 1)
    page = page_of(client_of(bob), case)
    assert f"half of the signed cases have {cosine(far[10])} or less" in page


def cosine(case: Case) -> str:
    x, y = memoryview(case.top_analysis.embedding.vector).cast("b")
    return f"{x / math.hypot(x, y):.3f}"


def test_who_may_not_stand_beside_it_is_left_out(a_case, case, bob):
    patient = making.make_patient("P-1")
    Case.objects.filter(pk=case.pk).update(patient=patient)
    signed(a_case, 1, patient=patient)
    signed(a_case, 2, kind="phantom")
    signed(a_case, 3, model=making.make_model("2.0", active=False))
    seen(a_case(), 4)
    for state in ("second", "third"):
        Case.objects.filter(pk=signed(a_case, 5).pk).update(kept_back=state)
    other = signed(a_case, 6, patient=making.make_patient("P-2"))
    far_ones(a_case)
    case.refresh_from_db()

    assert found(case, bob)[0] == other


def test_too_few_signed_cases_are_said_to_be_too_few(a_case, case, bob, client_of):
    far_ones(a_case, ENOUGH - 1)
    page = page_of(client_of(bob), case)
    assert "Too few signed cases to find similar ones among: 19; at least 20 are needed." in page
    assert "similarity" not in page


def test_few_signed_cases_are_found_behind_many_nearer_ones_that_are_not(a_case, case, bob, monkeypatch):
    monkeypatch.setattr("cases.reading.similar.NEAREST", 10)
    for _ in range(12):
        seen(a_case(), 1)
    far = far_ones(a_case)
    assert found(case, bob) == far[:SHOWN]


def test_a_case_without_an_embedding_says_so_and_what_helps(a_case, bob, client_of):
    page = page_of(client_of(bob), a_case())
    assert "What the network saw in this picture was not kept. A new run keeps it." in page


def test_nothing_old_comes_from_memory(a_case, case, bob):
    """Amended, drawn for a second reader, or gone since the embeddings were last looked at."""
    near = [signed(a_case, degrees) for degrees in (1, 2, 3)]
    far_ones(a_case)
    assert found(case, bob)[:3] == near

    Case.objects.filter(pk=near[0].pk).update(verdict="normal")
    Case.objects.filter(pk=near[1].pk).update(kept_back="second")
    Case.objects.filter(pk=near[2].pk).update(verdict="", top_analysis=None, top_probability=None, band="")
    rows = similar_cases(case, case.top_analysis, bob).neighbours

    assert (rows[0].case, rows[0].case.verdict) == (near[0], "normal")
    assert not {near[1], near[2]} & {row.case for row in rows}


def test_an_amended_verdict_is_the_one_that_is_shown(a_case, case, bob, client_of):
    near = seen(a_case(probability=0.8, claimed_by=bob), 1)
    services.sign(case=near, by=bob, verdict="pneumonia", comment="", version=near.version)
    far_ones(a_case)
    assert "pneumonia</b>" in page_of(client_of(bob), case)

    near.refresh_from_db()
    said = {"verdict": "not_diagnostic", "comment": "the side is cut"}
    services.amend(case=near, by=bob, reason="seen too late", version=near.version, **said)

    page = page_of(client_of(bob), case)
    assert "not diagnostic</b>" in page
    assert "pneumonia</b>" not in page


def test_what_was_written_since_is_there_and_each_once(a_case, case, bob, monkeypatch):
    monkeypatch.setattr(shelf, "LATE", 2)
    version = case.top_analysis.model_version_id
    late = a_case()
    kept = a_case()
    newest = Embedding.objects.latest("pk").pk + 10
    Embedding.objects.create(pk=newest, analysis=kept.top_analysis, model_version_id=version, vector=b"\x7f\x01")
    assert len(newest_embeddings(version).ids) == 2
    Embedding.objects.create(pk=newest - 1, analysis=late.top_analysis, model_version_id=version, vector=b"\x7f\x02")

    for _ in range(3):
        content = newest_embeddings(version)

    assert sorted(content.analyses) == sorted(row.top_analysis_id for row in (case, late, kept))
    assert len(content.vectors) == 3


def test_only_the_newest_are_kept(a_case, case, monkeypatch):
    monkeypatch.setattr(shelf, "MOST", 3)
    version = case.top_analysis.model_version_id
    rows = [seen(a_case(), degrees) for degrees in range(4)]
    assert newest_embeddings(version).analyses.tolist() == [row.top_analysis_id for row in rows[1:]]
    rows.append(seen(a_case(), 50))
    assert newest_embeddings(version).analyses.tolist() == [row.top_analysis_id for row in rows[2:]]


def test_a_case_older_than_all_that_is_searched_has_neighbours_too(a_case, case, bob, monkeypatch):
    far = far_ones(a_case)
    monkeypatch.setattr(shelf, "MOST", ENOUGH)
    assert found(case, bob) == far[:SHOWN]


def test_it_costs_three_queries(a_case, case, bob, django_assert_num_queries):
    far_ones(a_case)
    version = case.top_analysis.model_version
    assert found(case, bob)
    with django_assert_num_queries(3):
        assert similar_cases(case, case.top_analysis, bob).model == str(version)


def test_the_same_picture_of_another_patient_is_pointed_out(a_case, case, bob, client_of):
    signed(a_case, 0)
    far_ones(a_case)
    page = page_of(client_of(bob), case)
    assert page.count("Nearly the same picture: it may have come in twice.") == 1
    assert "similarity 1.000" in page


def test_the_page_shows_pictures_scores_ages_and_what_it_does_not_prove(a_case, case, bob, client_of):
    near = signed(a_case, 10, patient=making.make_patient("P-9"), probability=0.91)
    far_ones(a_case)
    page = page_of(client_of(bob), case)
    assert reverse("thumbnail", args=[near.radiographs.get().pk]) in page
    assert f"similarity 0.985 · score 0.91 · {near.age_months // 12} years" in page
    assert "That proves nothing about this patient" in page


def test_the_case_page_has_the_line_for_readers_and_administrators(a_case, bob, dana, alice, client_of):
    case = a_case(by=alice)
    address, page = reverse("similar", args=[case.pk]), reverse("case", args=[case.pk])
    told = {user.username: address in client_of(user).get(page).content.decode() for user in (bob, dana, alice)}
    assert told == {"bob": True, "dana": True, "alice": False}
    assert client_of(alice).get(address).status_code == 403


def test_it_is_not_there_before_the_own_opinion(a_case, case, bob, client_of):
    far_ones(a_case)
    Case.objects.filter(pk=case.pk).update(read_blind=True, kept_back="first")
    browser, address = client_of(bob), reverse("similar", args=[case.pk])
    assert browser.get(address).status_code == 404
    assert address not in browser.get(reverse("case", args=[case.pk])).content.decode()


def test_an_embedding_is_never_changed_and_goes_with_its_analysis(a_case):
    row = making.make_embedding(a_case().top_analysis)
    with pytest.raises(ChangeRefused):
        row.save()
    with pytest.raises(ChangeRefused):
        Embedding.objects.update(vector=b"")
    Case.objects.filter(pk=row.analysis.radiograph.case_id).update(top_analysis=None, top_probability=None, band="")

    row.analysis.delete()

    assert not Embedding.objects.exists()
    assert Patient.objects.count() == 0
