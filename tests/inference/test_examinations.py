"""Modality, part of the body and view, as DICOM files name them: by words, by codes, by how rows and columns run."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes

from inference.examination_codes import REGION_OF_CODE, VIEW_OF_CODE
from inference.examinations import LATERAL, OTHER_PARTS, is_other_part, view_of, views_named
from inference.quality import Scope, judge, outside
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

SHIPPED = Scope(age_years=(1, 5), views=("AP", "PA"), modalities=("CR", "DX"))
CHEST = {"PatientAge": "003Y", "PixelSpacing": [0.2, 0.2]}
REGIONS_OF_THE_CHEST = {
    *("CHEST", "CHEST ABDOMEN AND PELVIS", "CHEST AND ABDOMEN", "NECK AND CHEST", "NECK CHEST AND ABDOMEN"),
    *("NECK CHEST ABDOMEN AND PELVIS", "APEX OF LUNG", "HEART", "MEDIASTINUM", "RIB", "TRACHEA", "BRONCHUS", "PHANTOM"),
}


def coded(value: str, scheme: str = "SCT", meaning: str = "") -> list[Dataset]:
    """A code sequence of one item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning or "as coded"
    return [item]


def refusals_of(scope: Scope = SHIPPED, **tags: Any) -> tuple[str, ...]:
    """What is refused in a child's chest X-ray whose file has these tags."""
    return judge(read_radiograph(made.dicom(made.torso(), **(CHEST | tags))), scope).refusals


def notes_of(scope: Scope = SHIPPED, **tags: Any) -> tuple[str, ...]:
    """What is said beside a score."""
    return judge(read_radiograph(made.dicom(made.torso(), **(CHEST | tags))), scope).notes


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")  # as devices write it
@pytest.mark.parametrize("view", ["AP", "PA", "ap", "A.P.", "ANTERO-POSTERIOR", "POSTERO_ANTERIOR", "PA ERECT"])
def test_a_frontal_view_passes_however_it_is_spelt(view):
    assert refusals_of(ViewPosition=view) == ()
    assert notes_of(ViewPosition=view) == ()


@pytest.mark.parametrize("view", ["OBLIQUE", "RAO", "LPO", "LORDOTIC", "AP AXIAL", "PA LLD", "SWIMMERS"])
def test_a_named_view_that_the_model_was_not_made_for_is_refused(view):
    assert refusals_of(ViewPosition=view) == ("view_outside_scope",)
    assert refusals_of(Scope(), ViewPosition=view) == ()


@pytest.mark.parametrize("view", ["LL", "RL", "LATERAL", "LAT", "LLD", "XTABLE LATERAL", "L"])
def test_a_lateral_view_keeps_its_own_word_whatever_the_scope_is(view):
    assert refusals_of(ViewPosition=view) == refusals_of(Scope(), ViewPosition=view) == ("lateral_view",)


def test_frontal_is_either_of_two_and_a_scope_of_one_view_means_it():
    only_pa = Scope(views=("PA",))
    assert refusals_of(only_pa, ViewPosition="AP") == ("view_outside_scope",)
    assert refusals_of(only_pa, ViewPosition="PA") == ()
    assert refusals_of(only_pa, ViewCodeSequence=coded("399033003", meaning="frontal")) == ()
    assert refusals_of(Scope(views=("frontal",)), ViewPosition="AP") == ()


@pytest.mark.parametrize("view", [None, "", "CHEST", "SUPINE"])
def test_a_dicom_file_that_names_no_view_passes_and_it_is_said(view):
    assert refusals_of(ViewPosition=view) == ()
    assert notes_of(ViewPosition=view) == ("view_unknown",)
    assert notes_of(Scope(age_years=(1, 5)), ViewPosition=view) == ()


def test_of_a_file_without_a_header_nobody_expects_a_view():
    found = read_radiograph(made.png(made.torso()))
    assert "view_unknown" not in judge(found, SHIPPED).notes


@pytest.mark.parametrize(("modality", "passes"), [("CR", True), ("DX", True), ("DR", True), ("", True), (None, True)])
def test_a_modality_of_the_scope_passes(modality, passes):
    assert refusals_of(ViewPosition="PA", Modality=modality) == ()


@pytest.mark.parametrize("modality", ["RF", "OT", "RG", "SC"])
def test_a_named_modality_that_the_model_was_not_made_for_is_refused(modality):
    assert refusals_of(ViewPosition="PA", Modality=modality) == ("modality_outside_scope",)
    assert refusals_of(Scope(), Modality=modality) == ()


def test_another_examination_has_its_plain_reason_alone():
    assert refusals_of(Modality="CT") == ("not_chest",)
    assert refusals_of(ViewPosition="PA", BodyPartExamined="SHOULDER") == ("not_chest",)


@pytest.mark.parametrize(
    ("code", "scheme"),
    [("399173006", "SCT"), ("R-10236", "SRT"), ("R-10236", "SNM3"), ("399198007", "SCT"), ("R-102CD", "SRT")],
)
def test_a_lateral_view_by_its_code_is_refused(code, scheme):
    assert refusals_of(ViewCodeSequence=coded(code, scheme)) == ("lateral_view",)
    assert refusals_of(ViewPosition="PA", ViewCodeSequence=coded(code, scheme)) == ("lateral_view",)


@pytest.mark.parametrize("code", ["399356000", "R-40985", "399182000", "399110001"])
def test_an_oblique_view_by_its_code_is_outside_the_scope(code):
    scheme = "SRT" if code.startswith("R") else "SCT"
    assert refusals_of(ViewCodeSequence=coded(code, scheme)) == ("view_outside_scope",)


@pytest.mark.parametrize("code", ["399348003", "R-10206", "272479007", "R-10214", "399033003"])
def test_a_frontal_view_by_its_code_is_enough(code):
    scheme = "SNM3" if code.startswith("R") else "SCT"
    assert refusals_of(ViewCodeSequence=coded(code, scheme)) == ()
    assert notes_of(ViewCodeSequence=coded(code, scheme)) == ()


@pytest.mark.parametrize(
    ("orientation", "refusals"),
    [
        (["L", "F"], ()),
        (["R", "F"], ()),
        (["LA", "FP"], ()),
        (["A", "F"], ("lateral_view",)),
        (["P", "F"], ("lateral_view",)),
        (["PR", "H"], ("lateral_view",)),
        (["L", "P"], ("view_outside_scope",)),
        (["Q", ""], ()),
    ],
)
def test_the_plane_of_the_picture_says_from_where_it_was_taken(orientation, refusals):
    assert refusals_of(PatientOrientation=orientation) == refusals


@pytest.mark.parametrize(
    "part",
    [
        *("SHOULDER", "CLAVICLE", "SCAPULA", "STERNUM", "STOMACH", "LT SHOULDER", "HIP_JOINT", "KNEES", "UPPER ARM"),
        *("T SPINE", "THORACIC SPINE", "SCJOINT", "WHOLE BODY", "ESOPHAGUS"),
    ],
)
def test_a_named_part_beside_the_chest_is_no_chest(part):
    assert refusals_of(ViewPosition="AP", BodyPartExamined=part) == ("not_chest",)


@pytest.mark.parametrize(
    "part", ["CHEST", "THORAX", "RIB", "RIBS", "LUNG", "HEART", "NECKCHEST", "CHEST ABDOMEN", "CHESTABDPELVIS", ""]
)
def test_the_chest_and_its_parts_pass(part):
    assert refusals_of(ViewPosition="AP", BodyPartExamined=part) == ()


@pytest.mark.parametrize(
    ("code", "scheme", "refusals"),
    [
        ("24136001", "SCT", ("not_chest",)),
        ("T-15710", "SRT", ("not_chest",)),
        ("T-D4000", "SNM3", ("not_chest",)),
        ("816094009", "SCT", ()),
        ("51185008", "SCT", ()),
        ("T-D3000", "SRT", ()),
        ("113197003", "SCT", ()),
    ],
)
def test_a_region_by_its_code(code, scheme, refusals):
    assert refusals_of(ViewPosition="AP", AnatomicRegionSequence=coded(code, scheme)) == refusals
    assert refusals_of(ViewPosition="AP", BodyPartExamined=None, AnatomicRegionSequence=coded(code, scheme)) == refusals


def test_of_a_sequence_only_codes_of_snomed_are_kept():
    private = coded("Kim Younghee", "99LOCAL", "Kim Younghee")
    view = coded("399173006", meaning="Kim Younghee")
    tags = read_radiograph(made.dicom(made.torso(), ViewCodeSequence=view, AnatomicRegionSequence=private)).tags
    assert tags["ViewCodeSequence"] == "SCT 399173006"
    assert "AnatomicRegionSequence" not in tags
    assert "Kim" not in str(tags)


def test_an_empty_sequence_says_nothing():
    assert refusals_of(ViewCodeSequence=[], AnatomicRegionSequence=[Dataset()]) == ()


def test_every_code_of_the_two_context_groups_is_known():
    for group, known in ((codes.CID4010, VIEW_OF_CODE), (codes.CID4009, REGION_OF_CODE)):
        missing = [group.__getattr__(name).value for name in group.dir()]
        assert [code for code in missing if code not in known] == []


def test_every_region_with_a_code_is_of_the_chest_or_another():
    others = {words for words in REGION_OF_CODE.values() if is_other_part(words)}
    assert set(REGION_OF_CODE.values()) - others == REGIONS_OF_THE_CHEST


def test_every_view_with_a_code_is_frontal_lateral_or_outside():
    frontal = {words for words in VIEW_OF_CODE.values() if view_of(words) in ("AP", "PA", "FRONTAL")}
    lateral = {words for words in VIEW_OF_CODE.values() if view_of(words) == LATERAL}
    assert frontal == {"ANTERO-POSTERIOR", "POSTERO-ANTERIOR", "FRONTAL"}
    assert {"LATERAL", "LEFT LATERAL", "RIGHT LATERAL", "SAGITTAL"} <= lateral
    assert all(outside(SHIPPED, {"ViewPosition": words}) for words in set(VIEW_OF_CODE.values()) - frontal - lateral)


def test_words_are_written_as_they_are_compared():
    assert all(word.isalpha() and word.isupper() for word in OTHER_PARTS)
    assert views_named({}) == frozenset()
