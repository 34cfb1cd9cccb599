"""The values that a bundle carries, and what they do to pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

SHIPPED = Path("inference/bundles/pneumonia/bundle.json")


def test_what_came_later_leaves_older_bundles_as_they_are() -> None:
    stored = json.loads(SHIPPED.read_text())["preprocessing"]
    assert Preprocessing.from_dict(stored).to_dict() == stored
    assert Preprocessing(160, 160, equalise="histogram").fingerprint != Preprocessing(160, 160).fingerprint
    assert Preprocessing.from_dict(Preprocessing(equalise="histogram").to_dict()).equalise == "histogram"


def test_equalised_pictures_use_all_grey_levels_about_equally() -> None:
    radiograph = read_radiograph(made.png(made.torso()))
    plain, equalised = (Preprocessing(64, 64, equalise=how)(radiograph) for how in ("none", "histogram"))
    assert (equalised.dtype, equalised.shape) == (np.uint8, (64, 64, 1))
    order = np.argsort(plain.ravel(), kind="stable")
    assert (np.diff(equalised.ravel()[order].astype(int)) >= 0).all(), "darker stays darker"

    def unevenness(array: np.ndarray) -> float:
        return float(np.histogram(array, bins=4, range=(0, 256))[0].std())

    assert unevenness(equalised) < unevenness(plain)


@pytest.mark.parametrize("values", [{"equalise": "clahe"}, {"height": 4}, {"decode": "reduced"}])
def test_unknown_values_are_refused(values: dict) -> None:
    with pytest.raises(ValueError, match="not"):
        Preprocessing(**values)
