"""The heat maps' benchmark: what it says without pictures, and that its wrong maps are maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import heat
from inference.heat_check import Checked


def test_without_pictures_it_says_what_is_expected(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PICTURES", str(tmp_path / "none"))
    (table,) = heat.run()
    assert table.rows == []
    assert str(tmp_path / "none") in table.meaning
    assert "PICTURES=folder" in table.meaning


def test_wrong_maps_are_as_coarse_as_real_ones_and_somewhere_else() -> None:
    patches = heat.random_patches(np.random.default_rng(0), (48, 60))
    assert patches.shape == (48, 60)
    assert 0 <= patches.min() < patches.max() <= 1
    spot = np.zeros((48, 60), np.float32)
    spot[3, 4] = 1
    assert np.argwhere(heat.moved(spot)).tolist() == [[19, 16]]


def test_outcomes_count_every_picture_once_by_class_and_by_band() -> None:
    causes = ["", "heat_unmoved", "heat_unmoved", "heat_outside"]
    empty = np.zeros((4, 4))
    made = [
        heat.Made(kind, band, empty, empty, Checked(0.9, 0.1, 0.2, cause), 0.01, 0.2)
        for kind, band, cause in zip("ABBB", ["likely"] * 2 + ["unlikely"] * 2, causes, strict=True)
    ]
    rows = {row[0]: row[1:] for row in heat.outcomes("a model", made).rows}
    assert rows["all"] == (4, "1 (25.0%)", "2 (50.0%)", "1 (25.0%)")
    assert rows["likely"][0] == rows["unlikely"][0] == 2
    assert rows["B"][1] == "0 (0.0%)"
    assert heat.costs(made).rows[1][2] == 20
