"""What the workshop learns from is what serving shows the network, bit for bit, in every format and depth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.preprocessing import Preprocessing
from tests.inference.golden import HASHES, array_hash, golden_files
from training.cache import read_arrays
from training.data import find_images
from training.progress import Progress

STORED = json.loads(HASHES.read_text())
SUFFIX = {"jpe": ".jpeg", "png": ".png", "dic": ".dcm"}


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> dict[str, np.ndarray]:
    """Name of the golden file to its array in the workshop's cache."""
    folder: Path = tmp_path_factory.mktemp("golden")
    for number, (name, data) in enumerate(golden_files().items()):
        label = folder / "data" / ("NORMAL", "PNEUMONIA")[number % 2]
        label.mkdir(parents=True, exist_ok=True)
        (label / f"{name}{SUFFIX[name[:3]]}").write_bytes(data)
    found = find_images(folder / "data")
    arrays = read_arrays(found, Preprocessing(), folder / "cache", Progress())
    return {image.path.stem: arrays[place] for place, image in enumerate(found.images)}


@pytest.mark.parametrize("name", sorted(STORED))
def test_the_workshop_sees_the_stored_array(learned, name: str):
    assert array_hash(learned[name]) == STORED[name]
