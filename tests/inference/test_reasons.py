"""Every reason has words in both languages, and every code that the code base raises is in the table."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path

import pytest

from inference.errors import UnreadableImage, UnsupportedImage, reason
from inference.reasons import FILES, HEAT, INTAKE, MODELS, NOTES, REASONS, REFUSALS

ROOT = Path(__file__).parents[2]
PACKAGES = ("inference", "training", "cases", "pneumo_site")
ERRORS = {
    *("InferenceError", "RadiographError", "UnreadableImage", "UnsupportedImage", "NotScorable", "BundleRejected"),
    *("OutputRejected", "DeadlineExceeded", "EngineBusy", "reason", "refuse"),
    *("record_radiograph_failure", "record_analysis_failure"),
}
STORED = ("reason_code", "failure_code")
HANGUL = re.compile("[가-힣]")


def raised_codes() -> dict[str, str]:
    """Code to the place that names it, for every literal handed to one of our errors or stored as a reason."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                found |= dict.fromkeys(_literals(node), f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    return found


def _literals(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    values = [keyword.value for keyword in node.keywords if keyword.arg in STORED]
    if name in ERRORS:
        values += node.args
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return [text for text in texts if re.fullmatch("[a-z]+(_[a-z0-9]+)+", text)]


def test_every_code_that_is_raised_is_in_the_table():
    raised = raised_codes()
    assert len(raised) > 30
    assert {code: place for code, place in raised.items() if code not in REASONS} == {}


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_row_speaks_both_languages(code):
    row = REASONS[code]
    assert re.fullmatch("[a-z_]+", code)
    for english, korean in ((row.en, row.ko), (row.next_en, row.next_ko)):
        assert not HANGUL.search(english)
        assert english.endswith(".")
        assert len(english) > 15
        assert HANGUL.search(korean)
        assert korean.endswith(".")
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", korean))


def test_no_code_stands_in_two_places():
    parts = (FILES, REFUSALS, NOTES, MODELS, HEAT, INTAKE)
    assert sum(map(len, parts)) + 1 == len(REASONS)


def test_what_is_said_beside_a_score_needs_no_values():
    for row in (*REFUSALS.values(), *NOTES.values()):
        assert "{" not in "".join(row[:4])


def test_an_unknown_code_still_reads():
    assert "no words" in reason("from_a_later_version").message("en")


def test_a_missing_value_does_not_break_the_sentence():
    assert "?" in reason("too_large_file").message("en")


def test_an_error_survives_the_way_between_processes():
    error = UnsupportedImage("too_large_file", limit_mb=200)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is UnsupportedImage
    assert back.message("ko") == error.message("ko")
    assert "200" in back.message("ko")


def test_an_error_says_the_same_as_its_stored_code():
    error = UnreadableImage("truncated_file")
    assert str(error) == reason("truncated_file").message("en")
    assert error.next_step("ko") == reason("truncated_file").next_step("ko-KR")
    assert error.can_retry is False
