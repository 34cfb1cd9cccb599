"""A machine with JAX and without TensorFlow can train, and what it trained is served by TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training.drawn_data import draw_data_set
from training.manifest import Manifest
from training.scorer import open_scorer

pytest.importorskip("jax")
pytest.importorskip("tensorflow")
pytestmark = pytest.mark.timeout(300)  # JAX compiles every step it has not seen

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs made on JAX, one of which was stopped between its epochs, and what one of them says of pictures."""
    folder = tmp_path_factory.mktemp("jax")
    images = draw_data_set(folder / "images", patients=8, each=2)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), dtype=np.uint8)
    np.save(folder / "pictures.npy", pictures)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests/training/on_jax.py"), str(images), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_a_network_from_jax_gives_the_same_probabilities_on_tensorflow(runs: Path) -> None:
    scorer = open_scorer(runs / "whole")
    here, there = scorer.probabilities(np.load(runs / "pictures.npy")), np.load(runs / "chances.npy")
    assert there.std() > 1e-3
    assert here == pytest.approx(there, abs=1e-4)


def test_a_run_on_jax_that_was_stopped_ends_as_one_that_was_not(runs: Path) -> None:
    whole, stopped = (Manifest.open(runs / name) for name in ("whole", "stopped"))
    rows = [[{k: v for k, v in row.items() if k != "seconds"} for row in run.history] for run in (whole, stopped)]
    assert rows[0] == rows[1]
    kept = [np.load(run.weights(run.best).with_suffix(".average.npz")) for run in (whole, stopped)]
    assert all((kept[0][name] == kept[1][name]).all() for name in kept[0].files)


def test_the_run_says_what_it_was_made_with_and_has_no_tensorboard_logs(runs: Path) -> None:
    assert Manifest.open(runs / "whole").facts["software"]["backend"] == "jax"
    assert (runs / "whole" / "report.html").exists()
    assert not (runs / "whole" / "tensorboard").exists()
