"""A data set as a CSV file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.inference import pictures as made
from tests.training.drawn_data import draw_data_set
from training.data import find_images
from training.errors import WorkshopError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return draw_data_set(tmp_path / "images", patients=3, each=2).parent


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding)
    return path


A, B = "images/NORMAL/IM-0001-0000.jpeg", "images/PNEUMONIA/person1_virus_0.jpeg"
C, D = "images/NORMAL/IM-0002-0000.jpeg", "images/PNEUMONIA/person2_bacteria_0.jpeg"


def test_columns_become_label_patient_and_facts(folder: Path) -> None:
    rows = f"path,label, patient ,age,병원\n{A},sound,Kim,4,서울\n{B},ill,,,\n"
    for encoding in ("utf-8", "utf-8-sig", "cp949"):
        data = find_images(write(folder, rows, encoding))
        assert data.classes == ("ill", "sound")
        first, second = data.images
        assert (first.name, first.label, first.patient) == (A, "sound", "Kim")
        assert dict(first.facts) == {"family": "normal", "age": "4", "병원": "서울"}
        assert (second.patient, dict(second.facts)) == ("person1", {"family": "virus"})


def test_a_split_is_a_column(folder: Path) -> None:
    path = write(folder, f"path,label,split\n{A},a,train\n{B},b,train\n{C},a,test\n{D},b,test\n")
    assert [image.name for image in find_images(path, "test").images] == [C, D]
    with pytest.raises(WorkshopError, match=r"divided into \['test', 'train'\]: name one"):
        find_images(path)
    with pytest.raises(WorkshopError, match="no row of the split 'val'"):
        find_images(path, "val")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\nx,y\n", r"no column path; it has \['file', 'label'\]"),
        ("", "no column path and no column label"),
        (f"path,label\n{A},a\n", "two classes are needed"),
        (f"path,label\n{A},a\n{B},\n", "no label"),
        (f"path,label\n{A},a\nnowhere.png,b\n", "1 of 2 files .* are not there .*nowhere.png"),
        (f"path,label\n{A},a\n{A},b\n", "lists 1 files twice"),
        ("path,label\n", "has no row"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(folder: Path, text: str, said: str) -> None:
    with pytest.raises(WorkshopError, match=said):
        find_images(write(folder, text))


def test_a_list_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "list.csv").write_bytes(b"\xff\xfe\x00\xd8" * 9)
    with pytest.raises(WorkshopError, match="no text"):
        find_images(folder / "list.csv")


def test_the_patient_of_a_dicom_file_is_in_its_header(tmp_path: Path) -> None:
    for label, patient, name in (("A", "P-1", "one.dcm"), ("B", "P-1", "two.dcm"), ("B", "", "three.dcm")):
        (tmp_path / label).mkdir(exist_ok=True)
        (tmp_path / label / name).write_bytes(made.dicom(made.torso(), PatientID=patient))
    shutil.copy(tmp_path / "A/one.dcm", tmp_path / "A/person7_x.dcm")
    (tmp_path / "A/broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 30)
    found = {image.name: image.patient for image in find_images(tmp_path).images}
    assert found["B/two.dcm"] == "P-1"
    assert found["B/three.dcm"] == "file:B/three.dcm"
    assert found["A/person7_x.dcm"] == found["A/one.dcm"], "the same bytes are the same patient"
    assert found["A/broken.dcm"] == "file:A/broken.dcm"
