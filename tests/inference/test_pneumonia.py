"""The model that comes with the product answers today what it answered when it was published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from inference.bundle import Bundle
from tests.inference.phantom_arrays import phantom_arrays

PRODUCT = Path(__file__).parents[2] / "inference" / "bundles" / "pneumonia"
GOLDEN = Path(__file__).with_name("pneumonia_golden.json")

runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")


def test_the_phantoms_are_those_the_golden_values_were_made_with() -> None:
    golden = json.loads(GOLDEN.read_text())
    assert hashlib.sha256(phantom_arrays().tobytes()).hexdigest() == golden["arrays_sha256"]


def test_the_product_s_model_gives_its_golden_probabilities() -> None:
    golden = json.loads(GOLDEN.read_text())
    bundle = Bundle.open(PRODUCT)
    assert bundle.sha256 == golden["bundle_sha256"]
    network = runtime.load_network(bundle, device="cpu")
    found = network.predict(phantom_arrays())[:, bundle.classes.index("PNEUMONIA")]
    assert found == pytest.approx(np.array(golden["probabilities"]), abs=1e-4)
    alone = [network.predict(array[np.newaxis])[0, 1] for array in phantom_arrays()]
    assert found == pytest.approx(np.array(alone), abs=1e-5), "a picture's answer does not depend on its batch"


def test_the_product_s_card_leaves_nothing_out() -> None:
    card = Bundle.open(PRODUCT).card
    for heading in ("Intended use", "Users", "Population", "Limits", "Data", "Licence", "Split", "Operating points"):
        assert f"## {heading}\n" in card
    for words in ("CC BY 4.0", "| validation |", "| test_dev |", "| adult_chest_xray |", "120 pictures", "monitor"):
        assert words in card
