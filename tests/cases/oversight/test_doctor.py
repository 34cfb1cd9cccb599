"""The doctor's lines, both ways: fine, and what to do."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import DatabaseError

from cases import pulse
from cases.models import ModelVersion
from cases.oversight import doctor
from cases.oversight.decoders import ROUND_TRIPS, check_decoder, check_decoders, picture
from cases.oversight.examine import CHECKS, examine, found_by
from inference.gate import DEFAULT_GATE, gate_at


def run(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("doctor", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_python_and_pillow_of_this_machine_are_fine():
    assert doctor.check_python().fine
    assert doctor.check_pillow().fine


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0), (2, 7, 18)])
def test_another_python_is_to_be_replaced(version):
    assert "Install Python 3.11" in doctor.check_python(version).next_step


def test_a_pillow_with_the_hole_is_to_be_replaced():
    assert "make setup" in doctor.check_pillow("12.9.1").next_step


def test_every_decoder_of_this_machine_gives_the_same_picture_back():
    findings = list(check_decoders())

    assert [finding.found for finding in findings] == ["works"] * len(ROUND_TRIPS)
    assert len(findings) == 6


def test_a_decoder_that_is_missing_or_wrong_is_named():
    def missing(array: np.ndarray) -> np.ndarray:
        raise NotImplementedError("not built in")

    assert check_decoder("JPEG-LS", picture(16), missing).next_step
    assert check_decoder("RLE", picture(8), lambda array: array + 1).found == "gives back another picture"


def test_the_decoders_are_asked_with_every_step_of_their_depth():
    assert (picture(12).max(), picture(16).max(), picture(8).dtype) == (4095, 65535, np.uint8)


def test_a_folder_open_to_everybody_is_to_be_closed(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    assert doctor.check_data_folder().next_step == "chmod 750"

    tmp_path.chmod(0o750)
    assert doctor.check_data_folder().fine


def test_a_folder_that_is_missing_is_said(tmp_path, settings):
    settings.DATA_DIR = tmp_path / "nowhere"

    assert "chown" in doctor.check_data_folder().next_step
    assert "DATA_DIR" in doctor.check_disk().next_step


def test_a_full_disk_is_said(tmp_path, settings):
    settings.DATA_DIR, settings.FREE_DISK_FLOOR_MB = tmp_path, 10**9

    assert "Make room" in doctor.check_disk().next_step


def test_secrets_are_long_and_differ(settings):
    settings.SECRET_KEY, settings.EVENT_KEY = "s" * 50, "e" * 32
    assert doctor.check_secrets().fine

    settings.EVENT_KEY = "short"
    assert doctor.check_secrets().found == "too short"

    settings.SECRET_KEY = settings.EVENT_KEY = "s" * 50
    assert "another SECRET_KEY" in doctor.check_secrets().next_step


def test_no_secret_is_ever_printed(db, settings):
    settings.SECRET_KEY, settings.EVENT_KEY = "the-secret-key", "the-event-key"

    assert not {word for word in ("the-secret-key", "the-event-key") if word in run("--json")[1]}


def test_the_time_zone_is_known(settings):
    assert doctor.check_time_zone().fine

    settings.TIME_ZONE = "Asia/Atlantis"
    assert "Asia/Seoul" in doctor.check_time_zone().next_step


def test_the_gate_is_there_off_or_to_be_put_back(tmp_path, settings):
    settings.GATE = str(DEFAULT_GATE)
    fine = doctor.check_gate()
    assert fine.fine
    assert fine.found == f"version {gate_at(DEFAULT_GATE).version}, checksums fit"

    settings.GATE = "off"
    assert doctor.check_gate().fine
    assert doctor.check_gate().found.startswith("off")

    settings.GATE = str(tmp_path)
    assert "nothing is scored without it" in doctor.check_gate().next_step


def test_the_database_is_asked_for_missing_migrations(db, monkeypatch):
    assert doctor.check_database().fine

    monkeypatch.setattr(doctor.MigrationExecutor, "migration_plan", lambda *_: [("cases.0002", False)])
    assert "migrate" in doctor.check_database().next_step


def test_a_database_that_is_away_is_a_line_and_no_traceback():
    def away():
        raise DatabaseError

    (finding,) = found_by(away)

    assert finding.next_step == "Mend the database first."


def test_workers_are_said_to_be_alive_or_how_to_start_them(db):
    assert [finding.fine for finding in doctor.check_workers()] == [False] * 3

    pulse.beat("reader@here", "read")

    reader, inference, _ = doctor.check_workers()
    assert reader.found.startswith("alive")
    assert "-Q infer-urgent,infer,infer-background" in inference.next_step


def test_a_broker_answers_or_is_to_be_started(monkeypatch):
    monkeypatch.setattr(doctor, "ask_broker", lambda: True)
    assert doctor.check_broker().fine

    monkeypatch.setattr(doctor, "ask_broker", lambda: False)
    assert "CELERY_BROKER_URL" in doctor.check_broker().next_step


def test_a_bundle_that_is_gone_or_altered_is_said(db, model_version, tmp_path):
    (finding,) = doctor.check_models()
    assert not finding.fine

    ModelVersion.objects.update(active=False)
    (finding,) = doctor.check_models()
    assert "add_model" in finding.next_step


def test_the_bundle_that_comes_with_the_product_fits_its_checksums(db, model_version):
    home = Path(__file__).parents[3] / "inference" / "bundles"
    bundles = [path.parent for path in home.rglob("model.keras")]
    if not bundles:
        pytest.skip("no bundle comes with this checkout")
    from inference.bundle import Bundle

    model_version.directory, model_version.sha256 = str(bundles[0]), Bundle.open(bundles[0]).sha256
    assert doctor.check_bundle(model_version).fine

    model_version.sha256 = "0" * 64
    assert "registered bundle back" in doctor.check_bundle(model_version).next_step


def test_no_gpu_is_fine(monkeypatch):
    monkeypatch.setattr(doctor, "_nvidia_smi", list)
    monkeypatch.setattr(doctor.Path, "glob", lambda *_: iter(()))

    assert doctor.check_gpu().found == "none, the CPU is used"


def test_a_gpu_that_tensorflow_does_not_see_is_said(monkeypatch):
    monkeypatch.setattr(doctor, "_nvidia_smi", lambda: ["NVIDIA H200"])
    monkeypatch.setattr(doctor, "_seen_by_tensorflow", list)

    assert doctor.check_gpu().found == "NVIDIA H200"
    assert "GPU=1" in doctor.check_gpu(ask_tensorflow=True).next_step


def test_nvidia_smi_is_read(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'NVIDIA A100\\nNVIDIA A100\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    assert doctor._nvidia_smi() == ["NVIDIA A100", "NVIDIA A100"]


def test_the_command_ends_with_1_where_something_is_to_be_done(db):
    code, said = run()

    assert code == 1
    assert "OK   Pillow: 13" in said
    assert "FIX  Reader worker: never seen. Start it: celery" in said
    assert "\x1b[" not in said


def test_the_command_ends_with_0_when_all_is_fine(db, monkeypatch):
    monkeypatch.setattr(
        "cases.management.commands.doctor.examine", lambda **_: iter([doctor.Finding("Python", "3.11.7")])
    )

    assert run() == (0, "OK   Python: 3.11.7\n")
    assert json.loads(run("--json")[1]) == {
        "ok": True,
        "checks": [{"name": "Python", "found": "3.11.7", "next_step": "", "ok": True}],
    }


def test_every_check_is_a_line_of_the_json(db):
    code, text = run("--json")
    said = json.loads(text)

    assert (code, said["ok"]) == (1, False)
    names = {check["name"] for check in said["checks"]}
    assert {"Python", "Pillow", "GPU", "Disk", "Secrets", "Broker", "Time zone", "Sweeper", "Decoder RLE"} <= names
    assert len(list(examine())) >= len(CHECKS)
