"""Embeddings keep the angle between what a network saw in two pictures, and are the same everywhere and always."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from inference.embedding import FEWEST, WIDTH, cosines, embed, lengths_of, projection, unpack


def features(count: int, width: int, spread: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(3)
    return (rng.normal(size=width) + spread * rng.normal(size=(count, width))).astype(np.float32)


def alike(packed: list[bytes], one: int) -> np.ndarray:
    rows = unpack(packed, len(packed[one]))
    return cosines(rows, rows[one], lengths_of(rows))


def cosines_of(rows: np.ndarray, one: int) -> np.ndarray:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit[one]


@pytest.mark.parametrize("width", [FEWEST, 100, WIDTH])
def test_few_features_keep_their_angles_to_a_hundredth(width: int) -> None:
    rows = features(40, width)
    assert alike(embed(rows), 5) == pytest.approx(cosines_of(rows, 5), abs=0.01)


@pytest.mark.parametrize(("spread", "within"), [(1.0, 0.25), (0.1, 0.01)])
def test_many_features_keep_their_angles_nearly_and_small_ones_best(spread: float, within: float) -> None:
    rows = features(40, 2048, spread)
    packed = embed(rows)
    assert {len(row) for row in packed} == {WIDTH}
    assert alike(packed, 5) == pytest.approx(cosines_of(rows, 5), abs=within)


def test_the_length_of_the_features_does_not_count() -> None:
    rows = features(3, 300)
    assert embed(rows * 1000) == embed(rows)


def test_the_same_projection_on_every_machine_and_in_every_release() -> None:
    signs = np.packbits(projection(512) > 0).tobytes()
    known = "8fb8234d2005ed6740abd631ba389d63b2294ec5f34d83ee03854f6c90eee613"
    assert hashlib.sha256(signs).hexdigest() == known
    assert np.abs(projection(512)) == pytest.approx(1 / np.sqrt(WIDTH))


def test_what_has_no_direction_has_no_embedding() -> None:
    rows = features(4, 20)
    rows[1], rows[2, 3], rows[3, 4] = 0, np.nan, np.inf
    assert [bool(row) for row in embed(rows)] == [True, False, False, False]
    assert embed(features(2, FEWEST - 1)) == [b"", b""]


def test_many_rows_are_compared_piece_by_piece() -> None:
    rows = unpack(embed(features(2500, 16)), 16)
    assert cosines(rows, rows[7], lengths_of(rows)) == pytest.approx(cosines_of(rows.astype(float), 7), abs=1e-5)
    assert cosines(rows[:0], rows[7], lengths_of(rows[:0])).shape == (0,)


def test_an_embedding_of_another_width_is_like_to_none() -> None:
    rows = [*embed(features(2, 20)), *embed(features(1, 30))]
    assert alike(rows, 0)[[0, 2]] == pytest.approx([1, 0])
