"""The gate: its bundle, its arithmetic, and what it says of drawn pictures; test_gate_figures.py has the real ones."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from inference.errors import BundleRejected
from inference.gate import CONTENT, DEFAULT_GATE, KINDS, SIDE, Gate, described, gate_at, run_network, shrunk
from inference.prepare import prepare
from inference.preprocessing import Preprocessing
from inference.quality import Scope
from inference.reasons import REFUSALS
from tests.inference import pictures as made


@pytest.fixture(scope="module")
def gate() -> Gate:
    """The gate that ships."""
    return gate_at(DEFAULT_GATE)


def test_it_is_small(gate):
    assert sum(path.stat().st_size for path in DEFAULT_GATE.iterdir()) < 3 * 2**20


@pytest.mark.parametrize("name", CONTENT)
def test_an_altered_or_missing_file_is_refused(tmp_path, name):
    copy = shutil.copytree(DEFAULT_GATE, tmp_path / "gate")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleRejected) as altered:
        Gate.open(copy)
    (copy / name).unlink()
    with pytest.raises(BundleRejected) as missing:
        Gate.open(copy)
    assert (altered.value.code, missing.value.code) == ("bundle_altered", "bundle_incomplete")


def test_the_card_tells_what_the_facts_hold(gate):
    facts = json.loads((DEFAULT_GATE / "gate.json").read_text())
    assert facts["families"]
    for row in facts["families"]:
        assert f"| {row['family']} | {'pass' if row['passes'] else 'be refused'} | {row['number']} |" in gate.card


def test_chances_add_up_and_one_picture_is_as_many(gate):
    pictures = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE), dtype=np.uint8)
    together = gate.chances(pictures)
    assert together.shape == (5, len(KINDS))
    assert together.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    alone = np.concatenate([gate.chances(picture[np.newaxis]) for picture in pictures])
    assert alone == pytest.approx(together, abs=1e-5)


def test_an_edge_counts_in_its_own_direction_and_exposure_not_at_all():
    step = np.zeros((1, SIDE, SIDE), np.uint8)
    step[:, :, SIDE // 2 :] = 200
    edges = described(step)[0, 256 : 256 + 512].reshape(8, 64).sum(axis=1)
    assert edges.argmax() == 0
    assert edges[4] == 0
    assert described(step // 2 + 20) == pytest.approx(described(step), abs=1e-3)


def test_a_network_without_weights_is_undecided():
    weights = {"mean": np.zeros(3), "scale": np.ones(3), "layer0": np.zeros((3, 2)), "layer0_bias": np.zeros(2)}
    chances = run_network({k: v.astype(np.float32) for k, v in weights.items()}, np.ones((4, 3), np.float32))
    assert chances == pytest.approx(np.full((4, 2), 0.5))


@pytest.mark.parametrize("size", [(64, 64), (2500, 2000), (150, 400)])
def test_any_size_is_shrunk(size):
    assert shrunk(Image.new("L", size, 77)).tolist() == np.full((SIDE, SIDE), 77).tolist()


def test_drawn_pictures_are_refused_in_words(gate):
    draw = np.random.default_rng(5)
    noise = draw.integers(0, 256, (300, 300), dtype=np.uint8)
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    for picture in (noise, ramp, ramp.T, np.kron(noise[:6, :6], np.ones((40, 40), np.uint8))):
        refusals = gate.look(picture).refusals
        assert refusals == ("no_chest_seen",)
        assert refusals[0] in REFUSALS


def test_the_verdict_of_a_file_carries_it(gate):
    noise = np.random.default_rng(5).integers(0, 256, (300, 300), dtype=np.uint8)
    prepared = prepare(made.png(noise), {"input": Preprocessing()}, Scope(), gate)
    assert prepared.verdict.refusals == ("no_chest_seen",)
    assert prepared.arrays["input"].shape == (160, 160, 1)
