"""`manage.py export_dataset`: what is in the folder, what is not, what stays over many exports, and who is told."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image

from cases.dataset.asked import Asked
from cases.dataset.services import export_dataset
from cases.models import Event
from cases.reading import services
from cases.rules import RuleBroken
from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from tests.cases.dataset.signed import chest, signed
from tests.inference import pictures as made
from tests.making import make_patient

pytestmark = pytest.mark.django_db
SECRETS = ("Hong^Gildong", "HONG", "김영희", "P-4711", "19700504", "1970", "ACC-99", "1.2.3.4", "Seoul General", "2026")


def exported(folder: Path, *more: object) -> dict:
    out = io.StringIO()
    call_command("export_dataset", str(folder), "--by", "dana", "--json", *map(str, more), stdout=out)
    return json.loads(out.getvalue())


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "dataset.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def about(folder: Path) -> dict:
    return json.loads((folder / "dataset.json").read_text())


def personal_dicom(seed: int = 1, **tags: str) -> bytes:
    """A DICOM file that says all it can about a patient."""
    personal = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
        "PatientID": "P-4711",
        "PatientBirthDate": "19700504",
        "PatientSex": "M",
        "AccessionNumber": "ACC-99",
        "InstitutionName": "Seoul General",
        "StudyDate": "20200102",
        "StudyInstanceUID": f"1.2.3.4.{seed}",
        "ViewPosition": "HONG",
    }
    return made.dicom(chest(seed), **personal | tags)


def personal_jpeg(seed: int = 2) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "Hong^Gildong P-4711"
    return made.jpeg(chest(seed), exif=exif, comment=b"Hong^Gildong")


@pytest.fixture
def some(alice, bob, dana):
    """Three patients with a normal and three with a pneumonia picture."""
    for number in range(3):
        for verdict, patch in (("normal", 0), ("pneumonia", 60)):
            seed = number * 2 + (patch > 0) + 100
            signed(made.png(chest(seed, patch)), alice, bob, verdict, patient_id=f"P-{seed}")


def test_nothing_in_the_folder_says_who_it_is(alice, bob, dana, tmp_path):
    signed(personal_dicom(), alice, bob, name="Hong^Gildong P-4711.dcm")
    signed(personal_jpeg(), alice, bob, "pneumonia", name="Hong.jpg", patient_id="P-4711", clinical_question="HONG?")
    exported(tmp_path / "set")
    files = [path for path in (tmp_path / "set").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".csv", ".json", ".png", ".png", ".txt"]
    for path in files:
        about_the_export = path.name == "dataset.json"  # holds today's date
        for secret in SECRETS[: -1 if about_the_export else None]:
            assert secret.encode() not in path.read_bytes(), (path.name, secret)
            assert secret not in path.relative_to(tmp_path).as_posix()
    for path in (path for path in files if path.suffix == ".png"):
        assert {kind for kind, _ in chunks(path.read_bytes())} == {b"IHDR", b"IDAT", b"IEND"}
    assert {row["patient"] for row in rows_of(tmp_path / "set")} == {rows_of(tmp_path / "set")[0]["patient"]}
    assert stat.S_IMODE((tmp_path / "set").stat().st_mode) == 0o700


def chunks(png: bytes):
    place = 8
    while place < len(png):
        size = int.from_bytes(png[place : place + 4], "big")
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        place += size + 12


@pytest.mark.parametrize("bits", [8, 12])
def test_a_network_gets_the_same_array_as_in_the_clinic(alice, bob, dana, tmp_path, bits):
    values = made.torso(bits)
    tags = {"BitsStored": bits, "HighBit": bits - 1, "PhotometricInterpretation": "MONOCHROME1"}
    data = made.dicom(values, WindowCenter=str(1 << bits - 1), WindowWidth=str(200 << bits - 8), **tags)
    signed(data, alice, bob)
    exported(tmp_path / "set")
    copy = (tmp_path / "set" / rows_of(tmp_path / "set")[0]["path"]).read_bytes()
    ours, theirs = (Preprocessing()(read_radiograph(one)) for one in (data, copy))
    assert np.array_equal(ours, theirs)


def test_a_row_says_what_is_known_in_words_of_short_lists(alice, bob, carol, dana, tmp_path):
    case = signed(personal_dicom(ViewPosition="PA"), alice, bob, "normal")
    services.amend(case=case, by=carol, verdict="pneumonia", comment="", reason="seen again", version=case.version)
    exported(tmp_path / "set")
    (row,) = rows_of(tmp_path / "set")
    assert row["label"] == "PNEUMONIA"
    assert (row["age_band"], row["sex"], row["view"]) == ("40 to 64", "M", "PA")
    assert (row["reader_level"], row["signed_as"], row["readers"]) == ("radiologist", "amended", "2")
    assert (row["model"], row["model_score"], row["model_shown"]) == ("pneumonia 1.0", "0.750000", "yes")
    assert row["split"] == "train"


def test_what_is_left_out_is_counted_and_taken_when_asked_for(alice, bob, dana, tmp_path):
    signed(made.png(chest(1)), alice, bob, "uncertain")
    signed(made.png(chest(2)), alice, bob, "not_diagnostic")
    signed(made.dicom(chest(3), BurnedInAnnotation="YES"), alice, bob)
    signed(made.png(chest(4)), alice, bob, kind="phantom")
    signed(made.dicom(chest(5), BodyPartExamined="HIP"), alice, bob)
    signed(made.png(chest(6)), alice, bob)
    reasons = {"uncertain": 1, "not_diagnostic": 1, "not_scored": 1, "phantom": 1}
    planned = exported(tmp_path / "set", "--dry-run")
    assert planned["left_out"] == reasons
    assert not (tmp_path / "set").exists()
    assert not Event.objects.filter(verb__startswith="dataset").exists()
    assert exported(tmp_path / "set")["left_out"] == reasons | {"burned_in": 1}
    assert [row["label"] for row in rows_of(tmp_path / "set")] == ["NORMAL"]
    every = ("--with", "uncertain", "not_diagnostic", "not_scored", "burned_in", "--with-phantoms")
    assert exported(tmp_path / "set", *every)["left_out"] == {}
    assert len(rows_of(tmp_path / "set")) == 6
    again = exported(tmp_path / "set")  # what is no longer asked for goes, the burned-in text too
    assert (again["left_out"], again["removed"]) == (reasons | {"burned_in": 1}, 5)
    assert len(list((tmp_path / "set").rglob("*.png"))) == 1


def test_the_split_is_by_patient_and_in_both_classes(some, alice, bob, tmp_path):
    signed(made.png(chest(900)), alice, bob, "normal", patient_id="P-100")
    found = exported(tmp_path / "set", "--seed", 3)
    assert found["patients"] == {"train": 4, "test": 2}
    sides: dict[str, set[str]] = {}
    for row in rows_of(tmp_path / "set"):
        sides.setdefault(row["patient"], set()).add(row["split"])
    assert {len(side) for side in sides.values()} == {1}
    assert {row["label"] for row in rows_of(tmp_path / "set") if row["split"] == "test"} == {"NORMAL", "PNEUMONIA"}


def test_a_second_export_keeps_sides_and_pictures(some, alice, bob, tmp_path):
    exported(tmp_path / "set")
    before = {row["patient"]: row["split"] for row in rows_of(tmp_path / "set")}
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "set").rglob("*.png")}
    for seed in range(6):
        signed(made.png(chest(500 + seed)), alice, bob, patient_id=f"Q-{seed}")
    exported(tmp_path / "set")
    after = {row["patient"]: row["split"] for row in rows_of(tmp_path / "set")}
    assert len(after) == 12
    assert before.items() <= after.items()
    assert {path: path.stat().st_mtime_ns for path in times} == times
    call_command("export_dataset", str(tmp_path / "set"), "--by", "dana", "--until", "2000-01-01", stdout=io.StringIO())
    assert rows_of(tmp_path / "set") == []
    exported(tmp_path / "set")
    assert {row["patient"]: row["split"] for row in rows_of(tmp_path / "set")} == after


def test_a_picture_stays_on_its_side_when_its_patient_becomes_known(some, alice, bob, tmp_path):
    case = signed(made.png(chest(700)), alice, bob)
    exported(tmp_path / "set")
    path = {row["path"]: row["split"] for row in rows_of(tmp_path / "set")}
    case.patient = make_patient("P-late")
    case.save()
    exported(tmp_path / "set")
    assert {row["path"]: row["split"] for row in rows_of(tmp_path / "set")} == path


def test_a_damaged_picture_is_written_again(some, tmp_path):
    exported(tmp_path / "set")
    path = next((tmp_path / "set").rglob("*.png"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    exported(tmp_path / "set")
    assert path.read_bytes() == whole


def test_stopping_in_the_middle_leaves_the_list_from_before(some, dana, alice, bob, tmp_path):
    exported(tmp_path / "set")
    before = (tmp_path / "set" / "dataset.csv").read_bytes()
    signed(made.png(chest(800)), alice, bob, patient_id="P-800")

    def stopped(pictures):
        yield from pictures[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_dataset(root=tmp_path / "set", asked=Asked(), by=dana, track=stopped)
    assert (tmp_path / "set" / "dataset.csv").read_bytes() == before
    assert not about(tmp_path / "set")["complete"]
    sides = about(tmp_path / "set")["split"]["patients"]
    exported(tmp_path / "set")
    assert about(tmp_path / "set")["complete"]
    assert about(tmp_path / "set")["split"]["patients"] == sides
    assert len(rows_of(tmp_path / "set")) == 7


def test_the_same_picture_in_two_cases_is_taken_once(alice, bob, carol, dana, tmp_path):
    signed(made.png(chest(1)), alice, bob, patient_id="P-1")
    signed(made.png(chest(1)), alice, bob, patient_id="P-2", confirm_duplicate=True)
    assert exported(tmp_path / "set")["left_out"] == {"same_picture": 1}


def test_the_record_says_who_took_what_and_when_it_began(some, dana, tmp_path):
    found = exported(tmp_path / "set", "--since", "2020-01-01")
    begun, done = Event.objects.filter(verb__startswith="dataset").order_by("pk")
    assert (begun.verb, done.verb) == ("dataset_export_begun", "dataset_exported")
    assert begun.actor == done.actor == dana
    assert len(begun.details["cases"]) == done.details["pictures"] == 6
    assert done.details["filters"]["since"] == "2020-01-01"
    assert done.details["fingerprints"] == found["fingerprints"] == about(tmp_path / "set")["fingerprints"]
    call_command("verify_events", stdout=io.StringIO())


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 0)])
def test_dates_are_days_of_the_signature(alice, bob, dana, tmp_path, days, count):
    case = signed(made.png(chest(1)), alice, bob)
    signed_on = timezone.localdate(case.reports.get().signed_at) + timedelta(days=days)
    found = exported(tmp_path / "set", "--since", signed_on, "--dry-run")
    assert sum(found["pictures"]["train"].values()) == count


def test_only_an_administrator_takes_pictures_out(bob, dana, tmp_path):
    with pytest.raises(CommandError, match="no active administrator bob"):
        call_command("export_dataset", str(tmp_path / "set"), "--by", "bob")
    with pytest.raises(RuleBroken):
        export_dataset(root=tmp_path / "set", asked=Asked(), by=bob)
    assert not (tmp_path / "set").exists()


def test_a_folder_with_other_things_or_of_another_site_is_refused(some, tmp_path, settings):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(CommandError, match="no earlier export"):
        exported(tmp_path / "mine")
    exported(tmp_path / "set")
    with pytest.raises(CommandError, match="for good"):
        exported(tmp_path / "set", "--test-share", "0.5")
    settings.EVENT_KEY = "another"
    with pytest.raises(CommandError, match="another site"):
        exported(tmp_path / "set")
