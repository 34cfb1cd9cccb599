"""The passport: what stands in it, that it is the same text each time, and that any changed byte is found."""

from __future__ import annotations

import json
import platform
import re
import tomllib
from datetime import timedelta
from io import StringIO

import django
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from cases import storage
from cases.analysis import record_analysis
from cases.management.commands.verify_passport import Command
from cases.models import Analysis, Case, Event, Radiograph, Report
from cases.reading import services
from cases.reading.content import content_sha256
from cases.reports import passport
from cases.reports.checking import BROKEN, HOLDS, check_file
from cases.reports.masking import masked, words_of
from cases.reports.passport import passport_file
from cases.reports.seals import broken_seals
from tests.cases.reading.acts import sign_case


def verdicts(report: Report, **form: bool) -> set[str]:
    return {line.verdict for line in check_file(passport_file(report, **form))}


def broken(report: Report) -> list[str]:
    return [line.what for line in check_file(passport_file(report)) if line.verdict == BROKEN]


def tamper(table: str, row_id: int, column: str, value: object) -> None:
    """What somebody with the database's password could do."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, row_id])


def verify(tmp_path, report: Report, *options: str) -> tuple[int, str]:
    """Exit code and text of the command."""
    file, out = tmp_path / "passport.json", StringIO()
    file.write_text(passport_file(report), "utf-8")
    try:
        call_command("verify_passport", str(file), *options, stdout=out)
    except SystemExit as end:
        return int(end.code), out.getvalue()
    return 0, out.getvalue()


# ---- what stands in it ----


def test_a_passport_tells_everything_that_led_to_the_signature(signed, bob):
    file = json.loads(passport_file(signed))
    body = file["passport"]
    row, answer = Radiograph.objects.get(case=signed.case), Analysis.objects.get(radiograph__case=signed.case)
    picture, said, model = body["pictures"][0], body["analyses"][0], body["models"][0]
    assert (picture["original_sha256"], picture["pixel_sha256"]) == (
        row.original_sha256,
        row.pixel_sha256,
    )
    assert picture["rendition_sha256"] == row.original_sha256  # the tests' rendition is the file itself
    assert picture["gate"] == {"state": "read", "refusals": [], "notes": [], "failure": ""}
    assert (said["probability"], said["band"]) == (0.91, "likely")
    assert said["thresholds"] == {"sensitive": 0.3, "specific": 0.7}
    assert (model["name"], model["version"]) == ("pneumonia", "1.0")
    assert model["bundle_sha256"] == answer.model_version.sha256
    assert re.fullmatch("[0-9a-f]{16}", model["preprocessing_fingerprint"])
    assert body["reports"][0]["content"] == signed.content
    assert body["people"][str(bob.pk)] == {"username": "bob", "name": "Bob", "role": "radiologist"}
    assert body["events"]["head"]["mac"] == Event.objects.get(case=signed.case, verb="claimed").mac
    assert body["readings"][0]["verdict"] == "pneumonia"


def test_it_says_which_software_sealed_it(signed):
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    said = json.loads(passport_file(signed, without_patient=True))["passport"]["software"]
    assert said == {"pneumo": project["version"], "python": platform.python_version(), "django": django.get_version()}


def test_a_passport_from_before_that_holds(a_case, bob, monkeypatch):
    monkeypatch.setattr(passport, "passport_body", lambda row, body_of=passport.passport_body: without(body_of(row)))
    old = sign_case(a_case(), bob)
    monkeypatch.undo()
    assert "software" not in json.loads(passport_file(old))["passport"]
    assert broken(old) == []


def without(body: dict) -> dict:
    return {name: value for name, value in body.items() if name != "software"}


def test_the_hash_is_that_of_the_body_and_stands_in_the_sealed_event(signed):
    file = json.loads(passport_file(signed))
    assert file["sha256"] == content_sha256(file["passport"]) == signed.passport_sha256
    assert Event.objects.get(case=signed.case, verb="signed").details["passport"] == file["sha256"]


def test_it_is_the_same_text_whatever_happens_after(signed, bob, carol):
    before = passport_file(signed)
    services.note_opening(case=signed.case, by=carol)
    bob.first_name, bob.role = "Robert", "administrator"
    bob.save()
    assert passport_file(Report.objects.get(pk=signed.pk)) == before


def test_an_amendment_has_a_passport_of_its_own_with_both_versions(signed, amended):
    body = json.loads(passport_file(amended))["passport"]
    assert [row["content"]["verdict"] for row in body["reports"]] == ["pneumonia", "normal"]
    assert amended.passport_sha256 != signed.passport_sha256
    assert verdicts(signed) - {BROKEN} == verdicts(signed)
    assert broken(amended) == []


def test_an_override_stands_in_it_with_its_reason(a_case, bob):
    from cases.reading.override import score_anyway

    case = a_case(state="not_scored")
    score_anyway(case=case, by=bob, reason="I looked at it")
    case.radiographs.update(state="not_scored")
    case.state = "not_scored"
    case.save(update_fields=["state"])
    body = json.loads(sign_case(case, bob).passport)
    assert (body["override"]["reason"], body["override"]["refusals"]) == ("I looked at it", ["not_chest"])
    assert body["pictures"][0]["gate"]["refusals"] == ["not_chest"]


def test_no_secret_stands_in_it(signed, bob):
    text = passport_file(signed)
    for secret in (settings.SECRET_KEY, settings.EVENT_KEY, bob.password, str(settings.DATA_DIR)):
        assert secret not in text


# ---- without the patient ----


def test_without_the_patient_nobody_is_named(signed):
    text = passport_file(signed, without_patient=True)
    for word in ("Hong", "Gildong", "洪", "길동", "P-4711", "1970-05-04"):
        assert word not in text
    content = json.loads(text)["passport"]["reports"][0]["content"]
    assert content["patient"] == {"sex": "F"}
    assert content["comment"] == "우하엽 경화. Mr. […] was told; […]. Clinical follow-up."
    assert json.loads(text)["stands_for"] == signed.passport_sha256


def test_without_the_patient_it_is_checked_too(signed):
    assert BROKEN not in verdicts(signed, without_patient=True)
    other = passport_file(signed, without_patient=True).replace('"verdict": "pneumonia"', '"verdict": "normal"')
    assert BROKEN in {line.verdict for line in check_file(other)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Li has clinical signs", "[…] has clinical signs"),
        ("LI, Wei: 19700504", "[…]: […]"),
        ("born 1970.05.04, number A1", "born […], number […]"),
    ],
)
def test_words_of_a_patient_are_masked_and_no_others(text, wanted):
    words = words_of({"patient_id": "A1", "name": "Li^Wei", "birth_date": "1970-05-04"})
    assert masked(text, words) == wanted


# ---- what is found ----


def test_an_untouched_case_holds_but_for_the_bundle_that_the_tests_do_not_have(signed, tmp_path):
    code, text = verify(tmp_path, signed)
    assert code == 3
    assert [line for line in text.splitlines() if line.startswith("unknown")] == [
        line for line in text.splitlines() if "the bundle of pneumonia 1.0" in line
    ]
    assert "CHANGED" not in text
    assert list(broken_seals()) == []


TAMPERED = [
    ("cases_report", "content", json.dumps({"verdict": "normal", "patient": {}})),
    ("cases_report", "content_sha256", "0" * 64),
    ("cases_report", "reason", "x"),
    ("cases_report", "passport", "{}"),
    ("cases_report", "signed_by_id", None),
    ("cases_analysis", "positive_probability", 0.9100000001),
    ("cases_analysis", "thresholds", json.dumps({"sensitive": 0.3, "specific": 0.71})),
    ("cases_analysis", "band", "uncertain"),
    ("cases_reading", "comment", "nothing"),
    ("cases_radiograph", "pixel_sha256", "0" * 64),
    ("cases_radiograph", "refusals", '["not_chest"]'),
    ("cases_modelversion", "sha256", "0" * 64),
    ("cases_event", "verb", "opened"),
    ("cases_event", "details", "{}"),
]


@pytest.mark.parametrize(("table", "column", "value"), TAMPERED)
def test_a_changed_value_is_found_by_both_commands(table, column, value, signed, carol, tmp_path):
    rows = {
        "cases_report": signed.pk,
        "cases_analysis": Analysis.objects.get(radiograph__case=signed.case).pk,
        "cases_reading": signed.reading_id,
        "cases_radiograph": signed.case.radiographs.get().pk,
        "cases_modelversion": Analysis.objects.get(radiograph__case=signed.case).model_version_id,
        "cases_event": Event.objects.get(case=signed.case, verb="signed").pk,
    }
    file = tmp_path / "before.json"
    file.write_text(passport_file(signed), "utf-8")
    if column == "reason":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_report SET version = 2, reason = 'x' WHERE id = %s", [signed.pk])
    else:
        tamper(table, rows[table], column, carol.pk if value is None else value)
    with pytest.raises(CommandError) as found:
        call_command("verify_events", stdout=StringIO())
    assert found.value.returncode == 1
    with pytest.raises((SystemExit, CommandError)) as end:
        call_command("verify_passport", str(file), stdout=StringIO())
    assert getattr(end.value, "code", None) == 1 or getattr(end.value, "returncode", None) == 2


def test_a_changed_event_on_the_way_is_found(signed, tmp_path):
    tamper("cases_event", Event.objects.get(case=signed.case, verb="claimed").pk, "at", "2020-01-01 00:00:00+00:00")
    assert broken(signed) == [f"the 2 events up to the signature of {signed.case.number}"]


def test_a_row_that_is_gone_is_found(signed):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET top_analysis_id = NULL, top_probability = NULL, band = ''")
        cursor.execute("UPDATE cases_reading SET shown_analysis_id = NULL")
        cursor.execute("DELETE FROM cases_analysis")
    assert any("analysis" in what for what in broken(signed))


def test_a_changed_picture_is_found_and_a_missing_one_is_said(signed, tmp_path):
    radiograph = signed.case.radiographs.get()
    storage.put(radiograph.original_key, b"another picture")
    code, text = verify(tmp_path, signed)
    assert code == 1
    assert f"CHANGED picture {radiograph.pk}: the uploaded file" in text
    storage.remove(radiograph.original_key)
    code, text = verify(tmp_path, signed)
    assert (code, f"unknown picture {radiograph.pk}: the uploaded file: the file is not in the store" in text) == (
        3,
        True,
    )


def test_pixels_are_decoded_anew_on_request(signed, tmp_path):
    code, text = verify(tmp_path, signed, "--pixels")
    assert (code, "its pixels: their SHA-256 is" in text) == (1, True)  # the tests' pixel hash is none


def test_the_bundle_is_looked_at(signed, tmp_path):
    from cases.models import ModelVersion
    from inference.bundle import Bundle
    from pneumo_site import settings as site

    shipped = Bundle.open(site.BASE_DIR / "inference/bundles/pneumonia")
    row = ModelVersion.objects.get()
    ModelVersion.objects.filter(pk=row.pk).update(directory=str(shipped.directory))
    code, text = verify(tmp_path, signed)
    assert (code, f"the bundle of pneumonia 1.0: its SHA-256 is {shipped.sha256}" in text) == (1, True)


@pytest.mark.parametrize("change", ['"probability": 0.9', '"mac": "', '"name": "Bo', '"sha256": "'])
def test_a_changed_byte_of_the_file_is_found(signed, change):
    text = passport_file(signed)
    place = text.index(change) + len(change)
    other = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]
    assert BROKEN in {line.verdict for line in check_file(other)}


# ---- answers that nobody has signed ----


@pytest.fixture
def answered(a_case) -> Analysis:
    """An answer as the inference worker records it."""
    row = Analysis.objects.get(radiograph__case=a_case())
    end = timezone.now() + timedelta(minutes=1)
    empty = {"positive_probability": None, "band": "", "probabilities": {}, "finished_at": None}
    Case.objects.update(top_analysis=None, top_probability=None, band="", state="scoring")
    Analysis.objects.filter(pk=row.pk).update(state="running", lease_until=end, **empty)
    row.refresh_from_db()
    record_analysis(row, {"NORMAL": 0.1, "PNEUMONIA": 0.9}, {"network": 0.01})
    row.refresh_from_db()
    return row


def test_a_changed_answer_is_found_before_anybody_has_signed(answered):
    assert list(broken_seals()) == []
    for column, value in (
        ("probabilities", json.dumps({"NORMAL": 0.1, "PNEUMONIA": 0.90001})),
        ("positive_probability", 0.90001),
        ("band", "uncertain"),
        ("thresholds", json.dumps({"sensitive": 0.3, "specific": 0.70001})),
    ):
        with transaction.atomic():
            tamper("cases_analysis", answered.pk, column, value)
            assert next(broken_seals()).split(": ")[1] == f"analysis {answered.pk}"
            transaction.set_rollback(True)


def test_an_answer_that_is_gone_is_found(answered):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET top_analysis_id = NULL, top_probability = NULL, band = ''")
        cursor.execute("DELETE FROM cases_analysis")
    assert next(broken_seals()).split(": ")[2] == "its event sealed an answer, and there is none"


# ---- the command ----


def test_the_command_speaks_json(signed, tmp_path):
    code, text = verify(tmp_path, signed, "--json")
    said = json.loads(text)
    assert (code, said["verdict"]) == (3, "could not be checked")
    assert {"verdict": HOLDS, "what": "the file's own hash", "why": ""} in said["lines"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"format": "other"}', '{"format": "pneumo-passport-1", "sha256": "", "passport": {}}'],
)
def test_what_is_no_passport_is_refused(db, tmp_path, text):
    file = tmp_path / "passport.json"
    file.write_text(text)
    with pytest.raises(CommandError) as refused:
        call_command("verify_passport", str(file))
    assert refused.value.returncode == 2


def test_a_passport_of_another_installation_is_refused(signed, tmp_path):
    text = passport_file(signed).replace(signed.case.number, "C-999999")
    file = tmp_path / "passport.json"
    file.write_text(text, "utf-8")
    with pytest.raises(CommandError, match="is not in this database"):
        call_command("verify_passport", str(file))


def test_a_name_that_stands_twice_is_refused(signed, tmp_path):
    file = tmp_path / "passport.json"
    file.write_text(passport_file(signed).replace('{\n "format"', '{\n "sha256": "x",\n "format"'), "utf-8")
    with pytest.raises(CommandError, match="stands twice"):
        call_command("verify_passport", str(file))


def test_the_help_has_an_example():
    said = Command().create_parser("manage.py", "verify_passport").format_help()
    assert "manage.py verify_passport C-000012-v1.passport.json --json" in said
