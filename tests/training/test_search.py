"""Many candidates, the same judges: what was measured is not measured again, and the table says what there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.drawn_data import draw_data_set
from training import search
from training.__main__ import main
from training.errors import WorkshopError

pytest.importorskip("keras")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LIST = """
[base]
recipe = "cells32"
set = ["batch_size=8", "epochs=1"]

[[candidate]]
name = "first"
why = "the reference"

[[candidate]]
name = "flat"
why = "without geometry"
set = ["augmentation.rotation=0", "mixup=0.2"]
seeds = [1, 2]
taught = "nothing yet"
"""


def written(folder: Path, text: str = LIST) -> Path:
    path = folder / "candidates.toml"
    path.write_text(text)
    return path


def test_candidates_inherit_what_all_have_in_common(tmp_path: Path) -> None:
    first, flat = search.read_candidates(written(tmp_path))
    assert (first.recipe, first.seeds, len(first.settings)) == ("cells32", (1,), 2)
    assert flat.settings == (*first.settings, "augmentation.rotation=0", "mixup=0.2")
    assert (flat.seeds, flat.taught) == ((1, 2), "nothing yet")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[candidate]]\nname = 'x'", "a name and a why"),
        ("[[candidate]", "can't be read"),
        ("[[candidate]]\nname='x'\nwhy='y'\n" * 2, "twice: x"),
    ],
)
def test_what_is_wrong_with_the_list_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WorkshopError, match=said):
        search.read_candidates(written(tmp_path, text))


def test_the_figures_of_a_candidate() -> None:
    truth = np.array([True] * 20 + [False] * 10)
    scores = np.concatenate([np.linspace(0.3, 0.9, 20), np.linspace(0.0, 0.5, 10)])
    found = search.figures(truth, scores)
    reached = np.sort(scores[truth])[1]
    assert (scores[truth] >= reached).mean() == 0.95
    assert found["specificity_at_95"] == round(float((scores[~truth] < reached).mean()), 4)
    assert 0.5 < found["auc"] < 1


def test_every_run_is_made_once_and_stands_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_data_set(tmp_path / "data" / "train", patients=6, each=2)
    draw_data_set(tmp_path / "data" / "other", patients=3, each=2, seed=4)
    place, out = f"dev={tmp_path / 'data'}:other", tmp_path / "out"
    command = ["search", str(written(tmp_path)), str(tmp_path / "data"), "--split", "train", "--judge", place]
    assert main([*command, "--out", str(out)]) == 0
    table = capsys.readouterr().out
    assert sorted(path.parent.name for path in out.glob("*/search.json")) == ["first-1", "flat-1", "flat-2"]
    assert "| first | the reference | 1 |" in table
    assert "| flat | without geometry | 1, 2 |" in table
    assert " to " in table.splitlines()[-1]
    made = {path: path.stat().st_mtime_ns for path in out.glob("*/*.keras")}
    assert main([*command, "--out", str(out)]) == 0
    assert capsys.readouterr().out == table
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*.keras")} == made
    assert len(np.load(out / "flat-2" / "scores-dev.npy")) == 12
