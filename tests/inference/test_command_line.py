"""`python -m inference predict`: a table for people, a line of JSON for programs, exit codes for scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inference.__main__ import main
from inference.answers import files_under
from inference.errors import reason
from tests.inference import pictures as made
from tests.inference.small_bundle import saved, small_bundle, small_network

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras under NumPy 2
UNGATED = ["--gate", "off"]
"""What is drawn here is no chest, and the gate says so."""
KEYS = {"file", "pixel_sha256", "model", "probabilities", "band", "thresholds", "calibrated", "notes", "refusal"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    return small_bundle(folder / "bundle", saved(small_network(), folder)).directory


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.dcm").write_bytes(made.dicom(made.torso(12), made.JPEG_LS, BitsStored=12, HighBit=11))
    (folder / "b.png").write_bytes(made.jpeg(made.torso()))
    (folder / "deeper" / "c.jpg").write_bytes(made.png(made.torso()))
    (folder / ".hidden").write_bytes(b"not looked at")
    return folder


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_one_complete_line_per_file(bundle, pictures, capsys):
    assert main(["predict", str(pictures), "--bundle", str(bundle), "--json", *UNGATED]) == 0
    answers = lines_of(capsys)
    assert [Path(answer["file"]).name for answer in answers] == ["a.dcm", "b.png", "c.jpg"]
    for answer in answers:
        assert set(answer) == KEYS
        assert answer["model"] == {"name": "small", "version": "1.0.0"}
        assert set(answer["probabilities"]) == {"NORMAL", "PNEUMONIA"}
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert answer["band"] in ("unlikely", "uncertain", "likely")
        assert len(answer["pixel_sha256"]) == 64
        assert answer["refusal"] is None


def test_thresholds_calibration_and_notes_stand_beside_each_probability(bundle, pictures, capsys):
    command = ["predict", str(pictures), "--bundle", str(bundle), *UNGATED]
    assert main([*command, "--json", "--language", "ko"]) == 0
    answers = lines_of(capsys)
    for answer in answers:
        assert answer["thresholds"] == {"sensitive": 0.2, "specific": 0.7}
        assert answer["calibrated"] is False
    assert {"code": "age_unknown", "message": reason("age_unknown").message("ko")} in answers[1]["notes"]
    assert main([*command, "--language", "en"]) == 0
    shown = capsys.readouterr().out
    assert "below 0.200: unlikely, from 0.700 on: likely; the network's own score, not calibrated" in shown
    assert shown.count(reason("age_unknown").message("en")) == 1


def test_an_adult_s_picture_is_said_to_be_unlike_those_of_training(bundle, capsys):
    pictures = DATA / "adult_chest_xray" / "NORMAL"
    if not pictures.is_dir():
        pytest.skip("the folder with the shared pictures is not here")
    assert main(["predict", str(pictures), "--bundle", str(bundle), "--json"]) == 0
    notes = [{note["code"] for note in answer["notes"]} for answer in lines_of(capsys)]
    assert all("age_unknown" in codes for codes in notes)
    assert sum("unlike_training" in codes for codes in notes) > len(notes) / 2


def test_a_refused_file_does_not_stop_the_others(bundle, pictures, capsys):
    (pictures / "a.txt").write_text("no picture")
    (pictures / "a.small.png").write_bytes(made.png(made.torso(8, (50, 50))))
    assert main(["predict", str(pictures), "--bundle", str(bundle), "--json", "--language", "ko", *UNGATED]) == 1
    by_name = {Path(answer["file"]).name: answer for answer in lines_of(capsys)}
    assert by_name["a.txt"]["refusal"]["code"] == "unknown_format"
    assert (by_name["a.txt"]["pixel_sha256"], by_name["a.txt"]["notes"]) == (None, [])
    assert by_name["a.small.png"]["refusal"]["code"] == "too_small"
    assert by_name["a.small.png"]["probabilities"] is None
    assert by_name["a.small.png"]["band"] is None
    assert len(by_name["a.small.png"]["pixel_sha256"]) == 64
    assert "픽셀" in by_name["a.small.png"]["refusal"]["message"]
    assert set(by_name["a.txt"]["refusal"]) == {"code", "message", "next_step"}
    assert by_name["c.jpg"]["refusal"] is None


def test_the_gate_is_asked_unless_it_is_left_out(bundle, tmp_path, capsys):
    file = tmp_path / "noise.png"
    file.write_bytes(made.png(np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)))
    command = ["predict", str(file), "--bundle", str(bundle), "--json"]
    assert main(command) == 1
    (asked,) = lines_of(capsys)
    assert (asked["refusal"]["code"], asked["probabilities"], asked["band"]) == ("no_chest_seen", None, None)
    assert main([*command, "--gate", "off"]) == 0
    (left_out,) = lines_of(capsys)
    assert (left_out["refusal"], left_out["pixel_sha256"]) == (None, asked["pixel_sha256"])


def test_a_gate_that_is_not_there_is_wrong_use(bundle, pictures, tmp_path, capsys):
    command = ["predict", str(pictures / "b.png"), "--bundle", str(bundle), "--gate", str(tmp_path / "none")]
    assert main(command) == 2
    assert reason("bundle_incomplete").message("en") in capsys.readouterr().err
    assert main(["page", *command[2:]]) == 2
    assert reason("bundle_incomplete").message("en") in capsys.readouterr().err


def test_the_table_shows_model_probability_and_reason(bundle, pictures, capsys):
    (pictures / "[bold]x.txt").write_text("no picture")
    assert main(["predict", str(pictures), "--bundle", str(bundle), *UNGATED]) == 1
    shown = capsys.readouterr()
    assert "small 1.0.0" in shown.out
    assert "%" in shown.out
    assert "[bold]x.txt" in shown.out
    assert "unknown_format" in shown.out
    assert shown.err == ""


def test_wrong_use_is_told_apart(bundle, tmp_path, capsys):
    assert main(["predict", str(tmp_path / "absent"), "--bundle", str(bundle)]) == 2
    assert "absent. Check the path." in capsys.readouterr().err
    assert main(["predict", str(tmp_path), "--bundle", str(bundle)]) == 2
    assert "holds no files" in capsys.readouterr().err
    (tmp_path / "a.png").write_bytes(made.png(made.torso()))
    assert main(["predict", str(tmp_path / "a.png"), "--bundle", str(tmp_path)]) == 2
    assert capsys.readouterr().err
    for arguments in ([], ["predict"], ["guess"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "python -m inference predict" in capsys.readouterr().out


def test_files_are_found_in_order_and_hidden_ones_left_out(pictures):
    assert [file.name for file in files_under([pictures])] == ["a.dcm", "b.png", "c.jpg"]
    assert files_under([pictures / ".hidden"]) == [pictures / ".hidden"]


def test_formats_lists_what_becomes_of_each_file(pictures, capsys):
    (pictures / "b.txt").write_text("no picture")
    assert main(["formats", str(pictures)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| a.dcm | read | 144 × 160 | 12 | JPEG-LS Lossless |"
    assert lines[2].startswith("| b.txt | `unknown_format` |")


def test_it_runs_as_a_module(bundle, pictures):
    command = [sys.executable, "-m", "inference", "predict", str(pictures / "b.png"), "--bundle", str(bundle), "--json"]
    command += UNGATED
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["probabilities"]["PNEUMONIA"] < 1
