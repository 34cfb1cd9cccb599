"""The model that comes with the product answers today what it answered when it was published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.bundle import Bundle
from inference.embedding import WIDTH, cosines, lengths_of, unpack
from tests.inference.phantom_arrays import phantom_arrays

PRODUCT = Path(__file__).parents[2] / "inference" / "bundles" / "pneumonia"
GOLDEN = Path(__file__).with_name("pneumonia_golden.json")

runtime = pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")


def test_the_phantoms_are_those_the_golden_values_were_made_with() -> None:
    golden = json.loads(GOLDEN.read_text())
    assert hashlib.sha256(phantom_arrays().tobytes()).hexdigest() == golden["arrays_sha256"]


@pytest.fixture(scope="module")
def network() -> Any:
    return runtime.load_network(Bundle.open(PRODUCT), device="cpu")


def test_the_product_s_model_gives_its_golden_probabilities(network: Any) -> None:
    golden, bundle = json.loads(GOLDEN.read_text()), network.bundle
    assert bundle.sha256 == golden["bundle_sha256"]
    found = network.predict(phantom_arrays())[:, bundle.classes.index("PNEUMONIA")]
    assert found == pytest.approx(np.array(golden["probabilities"]), abs=1e-4)
    alone = [network.predict(array[np.newaxis])[0, 1] for array in phantom_arrays()]
    assert found == pytest.approx(np.array(alone), abs=1e-5), "a picture's answer does not depend on its batch"


def test_what_the_network_saw_comes_with_the_same_probabilities(network: Any) -> None:
    pictures, tf = phantom_arrays(), runtime.tf
    signature = [tf.TensorSpec((None, *network.shape), tf.uint8)]
    plain = tf.function(lambda batch: network._model(batch, training=False), input_signature=signature, autograph=False)

    probabilities, seen = network.predict_and_embed(pictures)

    padded = np.zeros((32, *network.shape), np.uint8)
    padded[: len(pictures)] = pictures
    with tf.device(runtime.CPU):
        raw = plain(padded).numpy()[: len(pictures)]
    assert probabilities == pytest.approx(network.bundle.per_class(raw), abs=1e-6)
    assert (probabilities == network.predict(pictures)).all()
    assert {len(row) for row in seen} == {WIDTH}


def test_the_same_picture_a_little_darker_is_more_alike_than_another(network: Any) -> None:
    pictures = phantom_arrays()[:8]
    darker = (pictures * 0.97).astype(np.uint8)
    seen = unpack(network.predict_and_embed(np.concatenate([pictures, darker]))[1], WIDTH)
    alike = np.stack([cosines(seen[:8], row, lengths_of(seen[:8])) for row in seen[8:]])
    assert (alike.argmax(axis=1) == np.arange(8)).all()


def test_the_product_s_card_leaves_nothing_out() -> None:
    card = Bundle.open(PRODUCT).card
    for heading in ("Intended use", "Users", "Population", "Limits", "Data", "Licence", "Split", "Operating points"):
        assert f"## {heading}\n" in card
    for words in ("CC BY 4.0", "| validation |", "| test_dev |", "| adult_chest_xray |", "120 pictures", "monitor"):
        assert words in card
