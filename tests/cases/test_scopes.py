"""Two models with scopes of their own beside each other: each picture is judged for each of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from cases import analysis, events
from cases.intake.details import UploadDetails
from cases.intake.services import correct_patient, receive_upload, rerun
from cases.models import Analysis, Case, ModelVersion
from cases.oversight.shadows import set_shadow
from cases.reading.override import score_anyway
from cases.rules import RuleBroken
from tests import making

FRONTAL = {"views": ["AP", "PA"], "modalities": ["CR", "DX"]}
THIS_YEAR = timezone.localdate().year
ANSWER = {"NORMAL": 0.2, "PNEUMONIA": 0.8}


def of_scope(name: str, *age_years: float, version: str = "1.0", active: bool = True) -> ModelVersion:
    """A version whose scope is frontal pictures of these ages."""
    row = making.make_model(version, name, active)
    row.scope = {"age_years": list(age_years), **FRONTAL}
    row.save()
    return row


@pytest.fixture(autouse=True)
def without_gate(settings) -> None:
    """Drawn noise is no chest; here the scopes alone speak."""
    settings.GATE = "off"


@pytest.fixture
def children(db) -> ModelVersion:
    """The primary model, for one to five years."""
    return of_scope("pneumonia", 1, 5)


@pytest.fixture
def adults(db) -> ModelVersion:
    """Another model beside it, from eighteen years on."""
    return of_scope("covid19", 18, 120)


def read(by, *, born: int | None = None, seed: int = 1, kind: str = "clinical", **tags: Any) -> Case:
    """A picture through the door and the reader worker; a DICOM file where tags are given."""
    size = {"height": 200, "width": 180}
    data = large_dicom(seed, **tags) if tags else making.jpeg_bytes(seed, **size)
    details = UploadDetails(patient_id=f"P-{seed}", birth_date=date(born, 1, 2)) if born else UploadDetails()
    upload = receive_upload(content=ContentFile(data), name="a", by=by, details=details, kind=kind)
    analysis.prepare_radiograph(upload.radiograph_id)
    return Case.objects.get(pk=upload.case_id)


def large_dicom(seed: int, **tags: Any) -> bytes:
    """As making.dicom_bytes, large enough for the gate's rules."""
    picture = making.pixels(seed, height=200, width=180)
    return making.dicom_bytes(seed, **{"Rows": 200, "Columns": 180, "PixelData": picture.tobytes()} | tags)


def states_of(case: Case) -> dict[str, tuple[str, str]]:
    """Per model: state and reason of its newest analysis."""
    rows = Analysis.objects.filter(radiograph__case=case).select_related("model_version").order_by("run", "pk")
    return {row.model_version.name: (row.state, row.failure_code) for row in rows}


def answer(case: Case) -> Case:
    """What the inference workers do with everything that waits."""
    for row in Analysis.everything.filter(radiograph__case=case, state="waiting").order_by("shadow", "pk"):
        analysis.record_analysis(analysis.claim_analysis(row.pk), ANSWER, {"network": 0.01})
    return Case.objects.get(pk=case.pk)


def test_a_child_is_scored_by_the_childrens_model_alone(alice, children, adults):
    case = read(alice, PatientAge="003Y")

    assert case.state == "queued"
    assert states_of(case) == {"pneumonia": ("waiting", ""), "covid19": ("not_scored", "age_outside_scope")}
    assert (case.radiographs.get().refusals, case.radiographs.get().state) == ([], "read")
    done = answer(case)
    assert (done.state, done.top_analysis.model_version) == ("ready", children)
    assert "age_outside_scope" not in done.radiographs.get().notes


def test_an_adult_is_scored_by_the_other_and_the_page_names_both(alice, bob, children, adults, client_of):
    case = answer(read(alice, PatientAge="064Y"))

    assert case.state == "ready"
    assert states_of(case) == {"pneumonia": ("not_scored", "age_outside_scope"), "covid19": ("done", "")}
    assert (case.top_analysis, case.failure_code) == (None, "")
    page = client_of(bob).get(reverse("case", args=[case.pk])).content.decode()
    assert "pneumonia 1.0: The patient&#x27;s age is outside the ages the model was made for." in page
    assert "covid19 1.0</a>" in page
    assert reverse("score_anyway", args=[case.pk]) in page


def test_what_no_model_was_made_for_is_not_scored_at_all(alice, children, adults):
    case = read(alice, PatientAge="010Y", ViewPosition="LORDOTIC")

    assert (case.state, case.failure_code) == ("not_scored", "view_outside_scope")
    assert case.radiographs.get().refusals == ["view_outside_scope", "age_outside_scope"]
    assert not Analysis.objects.exists()


def test_what_is_no_frontal_chest_holds_for_every_model(alice, children, adults):
    case = read(alice, PatientAge="064Y", BodyPartExamined="HIP")

    assert (case.state, case.failure_code) == ("not_scored", "not_chest")
    assert not Analysis.objects.exists()


def test_the_record_tells_an_age_that_the_header_does_not(alice, children, adults):
    adult, child, ten = (read(alice, born=THIS_YEAR - age, seed=age) for age in (50, 3, 10))

    assert states_of(adult) == {"pneumonia": ("not_scored", "age_outside_scope"), "covid19": ("waiting", "")}
    assert states_of(child) == {"pneumonia": ("waiting", ""), "covid19": ("not_scored", "age_outside_scope")}
    assert (ten.state, ten.failure_code, states_of(ten)) == ("not_scored", "age_outside_scope", {})


def test_an_unknown_age_is_outside_no_scope(alice, children, adults):
    case = read(alice)

    assert states_of(case) == {"pneumonia": ("waiting", ""), "covid19": ("waiting", "")}
    assert "age_unknown" in case.radiographs.get().notes


def test_a_reader_has_the_refused_model_asked_too_and_only_that(alice, bob, children, adults, client_of):
    case = answer(read(alice, PatientAge="064Y"))
    before = Analysis.objects.get(model_version=adults)

    case = score_anyway(case=case, by=bob, reason="for comparison")

    assert (case.state, states_of(case)["pneumonia"]) == ("queued", ("waiting", ""))
    assert case.events.get(verb="scope_overridden").details["refusals"] == ["age_outside_scope"]
    case = answer(case)
    assert (case.state, case.top_analysis.model_version) == ("ready", children)
    after = Analysis.objects.get(model_version=adults)
    assert (after.pk, after.finished_at) == (before.pk, before.finished_at)
    page = client_of(bob).get(reverse("case", args=[case.pk])).content.decode()
    assert "scored because Bob asked for it: for comparison" in page
    assert reverse("score_anyway", args=[case.pk]) not in page
    with pytest.raises(RuleBroken, match="wrong_state"):
        score_anyway(case=case, by=bob, reason="once more")
    assert list(events.broken_links()) == []


def test_a_picture_that_is_read_again_stays_asked_for(alice, bob, children, adults):
    case = answer(score_anyway(case=answer(read(alice, PatientAge="064Y")), by=bob, reason="for comparison"))
    case.radiographs.update(state="waiting")

    analysis.prepare_radiograph(case.radiographs.get().pk)

    assert states_of(case) == {"pneumonia": ("done", ""), "covid19": ("done", "")}
    assert case.radiographs.get().refusals == ["age_outside_scope"]


def test_a_further_run_follows_an_age_that_was_corrected(alice, bob, children, adults):
    case = answer(read(alice))
    correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-9", birth_date=date(THIS_YEAR - 50, 1, 2)))
    assert "age_outside_scope" in case.radiographs.get().notes

    rerun(case=case, by=bob)

    assert states_of(case) == {"pneumonia": ("not_scored", "age_outside_scope"), "covid19": ("waiting", "")}
    assert answer(case).state == "ready"


def test_a_correction_says_of_each_model_that_has_answered_whether_it_was_made_for_the_age(
    alice, bob, children, adults, client_of
):
    case = answer(read(alice))
    said = "The patient&#x27;s age is outside the ages the model was made for."

    def page_of(age: int) -> str:
        born = date(THIS_YEAR - age, 1, 2)
        correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-9", birth_date=born))
        return client_of(bob).get(reverse("case", args=[case.pk])).content.decode()

    child = page_of(3)
    assert f"covid19 1.0: {said}" in child
    assert f"pneumonia 1.0: {said}" not in child
    assert case.radiographs.get().notes == ["no_scale"]
    adult = page_of(50)
    assert f"covid19 1.0: {said}" not in adult
    assert case.radiographs.get().notes == ["age_outside_scope", "no_scale"]


def test_an_unknown_age_is_said_where_any_model_asks_for_it(alice, children, adults):
    children.scope = {}
    children.save()

    assert "age_unknown" in read(alice).radiographs.get().notes


def test_a_further_run_that_no_model_may_make_says_why(alice, bob, children):
    case = answer(read(alice))
    correct_patient(case=case, by=alice, details=UploadDetails(patient_id="P-9", birth_date=date(THIS_YEAR - 50, 1, 2)))

    case = rerun(case=case, by=bob)
    assert (case.state, case.failure_code) == ("not_scored", "age_outside_scope")

    assert score_anyway(case=case, by=bob, reason="all the same").state == "queued"
    assert answer(case).state == "ready"


def test_a_phantom_is_asked_of_every_model(alice, children, adults):
    case = read(alice, kind="phantom", PatientAge="064Y")

    assert states_of(case) == {"pneumonia": ("waiting", ""), "covid19": ("waiting", "")}
    assert case.radiographs.get().refusals == ["age_outside_scope"]


def in_shadow(*age_years: float) -> ModelVersion:
    """A further version of the children's model with this scope, asked of every case in the shadow."""
    newer = of_scope("pneumonia", *age_years, version="1.1", active=False)
    return set_shadow(version=newer, share=1.0, by=None, reason="for the tests")


def test_a_version_in_the_shadow_has_its_own_scope(alice, children, adults):
    shadow = in_shadow(1, 5)
    assert not Analysis.everything.filter(radiograph__case=read(alice, PatientAge="064Y"), shadow=True).exists()

    child = read(alice, seed=2, PatientAge="003Y")

    assert Analysis.everything.get(radiograph__case=child, shadow=True).model_version == shadow


def test_an_override_asks_the_shadow_as_well(alice, bob, children):
    shadow = in_shadow(1, 5)
    case = read(alice, PatientAge="064Y")
    assert (case.state, Analysis.everything.exists()) == ("not_scored", False)

    case = score_anyway(case=case, by=bob, reason="for comparison")

    opened = Analysis.everything.get(radiograph__case=case, shadow=True)
    assert (opened.model_version, opened.state) == (shadow, "waiting")
    assert answer(case).state == "ready"
    opened.refresh_from_db()
    assert (opened.state, opened.positive_probability) == ("done", ANSWER["PNEUMONIA"])
