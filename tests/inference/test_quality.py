"""The first gate: what must not be scored, and what is said beside a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.age import age_in_years
from inference.gate import REFUSAL_OF, Sight
from inference.quality import MIN_SIDE, SCOPE_REFUSALS, Scope, judge
from inference.radiograph import read_radiograph
from inference.reasons import NOTES, REFUSALS
from tests.inference import pictures as made

CHILDREN = Scope(age_years=(1, 5))


def verdict_of(data: bytes, scope: Scope = CHILDREN):
    return judge(read_radiograph(data), scope)


def test_a_chest_passes():
    data = made.dicom(made.torso(12), BitsStored=12, HighBit=11, PatientAge="003Y", PixelSpacing=[0.2, 0.2])
    assert verdict_of(data).passed
    assert verdict_of(data).notes == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (made.png(made.torso(8, (127, 300))), "too_small"),
        (made.png(made.torso(8, (150, 500))), "odd_shape"),
        (made.png(made.torso(8, (500, 150))), "odd_shape"),
        (made.png(np.full((200, 200), 90, np.uint8)), "blank"),
        (made.png(np.full((200, 200), 30000, np.uint16)), "blank"),
        (made.png(np.random.default_rng(1).integers(30000, 30005, (200, 200)).astype(np.uint16)), "blank"),
        (made.png(np.dstack([made.torso(), made.torso() // 2, made.torso() // 3])), "not_grey"),
        (made.dicom(made.torso(), BodyPartExamined="HIP"), "not_chest"),
        (made.dicom(made.torso(), BodyPartExamined="C SPINE"), "not_chest"),
        (made.dicom(made.torso(), Modality="CT"), "not_chest"),
        (made.dicom(made.torso(), PatientAge="006Y"), "age_outside_scope"),
        (made.dicom(made.torso(), PatientAge="011M"), "age_outside_scope"),
        (made.dicom(made.torso(), PatientBirthDate="19400305", StudyDate="20040826"), "age_outside_scope"),
        (made.dicom(made.torso(), ViewPosition="LL"), "lateral_view"),
    ],
)
def test_what_is_no_chest_x_ray_is_refused(data, code):
    assert verdict_of(data).refusals == (code,)


@pytest.mark.parametrize("part", ["CHEST", "THORAX", "", "RIBS", "LUNG", "CHEST ABDOMEN"])
def test_silence_and_the_chest_are_no_reason_to_refuse(part):
    assert verdict_of(made.dicom(made.torso(), BodyPartExamined=part)).passed


def test_the_smallest_public_pictures_pass():
    assert verdict_of(made.png(made.torso(8, (MIN_SIDE, MIN_SIDE)))).passed
    assert verdict_of(made.jpeg(made.torso(8, (144, 437)))).passed


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ({}, "age_unknown"),
        ({"PatientAge": "003Y", "PixelSpacing": [0, 0]}, "no_scale"),
    ],
)
def test_notes_do_not_block(tags, note):
    verdict = verdict_of(made.dicom(made.torso(), **({"PixelSpacing": [0.1, 0.1]} | tags)))
    assert verdict.passed
    assert verdict.notes == (note,)


def test_a_model_without_ages_says_nothing_of_age():
    assert verdict_of(made.png(made.torso()), Scope()).notes == ("no_scale",)


@pytest.mark.parametrize(
    ("tags", "years"),
    [
        ({"PatientAge": "045Y"}, 45),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "002W", "PatientBirthDate": "19400101", "StudyDate": "20000101"}, 14 / 365.25),
        ({"PatientBirthDate": "20200101", "StudyDate": "20230101"}, 3),
        ({"PatientBirthDate": "2020.01.01", "StudyDate": "20230101"}, 3),
        ({"PatientBirthDate": "20300101", "StudyDate": "20230101"}, None),
        ({"PatientBirthDate": "20201301", "StudyDate": "20230101"}, None),
        ({"PatientAge": "old"}, None),
    ],
)
def test_age_comes_from_the_tag_or_from_two_dates(tags, years):
    assert age_in_years(tags) == (None if years is None else pytest.approx(years, abs=0.01))


def test_the_last_year_of_the_scope_is_in_it():
    for age, inside in (("005Y", True), ("071M", True), ("072M", False)):
        refusals = verdict_of(made.dicom(made.torso(), PatientAge=age)).refusals
        assert ("age_outside_scope" not in refusals) == inside


def test_every_verdict_has_words():
    by_rule = {"too_small", "odd_shape", "blank", "not_grey", "not_chest", "lateral_view", *SCOPE_REFUSALS}
    assert by_rule | set(REFUSAL_OF.values()) == set(REFUSALS)
    assert {"age_unknown", "view_unknown", "no_scale", "unlike_training"} == set(NOTES)
    assert str(MIN_SIDE) in REFUSALS["too_small"].en


def test_the_gate_speaks_where_no_plainer_reason_does():
    sight = Sight({"chest": 0.1, "negative": 0.9}, 0.2, ("negative",), ())
    whole, small = (read_radiograph(made.png(made.torso(8, (side, side)))) for side in (200, 50))
    assert judge(whole, Scope(), sight).refusals == ("negative",)
    assert judge(small, Scope(), sight).refusals == ("too_small",)
    assert judge(whole, Scope(), Sight({"chest": 1.0}, 1.0, (), ("unlike_training",))).notes == (
        "no_scale",
        "unlike_training",
    )


@given(st.text(), st.text(), st.text())
def test_no_text_in_the_header_stops_the_gate(age, born, part):
    tags = {
        "PatientAge": age,
        "PatientBirthDate": born,
        "StudyDate": born,
        "BodyPartExamined": part,
        "ViewPosition": part,
    }
    found = read_radiograph(made.png(np.zeros((2, 2), np.uint8)))
    verdict = judge(replace(found, tags={**tags, "ViewPosition": part}), CHILDREN)
    assert "too_small" in verdict.refusals


def test_a_scope_survives_the_bundle_and_refuses_unknown_names():
    scope = Scope((1, 5), ("AP", "PA"), ("CR",), "children", "소아")
    assert Scope.from_dict(scope.to_dict()) == scope
    assert Scope.from_dict({}) == Scope()
    with pytest.raises(ValueError, match="ages"):
        Scope.from_dict({"ages": [1, 5]})
