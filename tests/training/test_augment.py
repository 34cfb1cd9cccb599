"""One affine per picture, the same for the same (seed, epoch, index)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.augment import Augmentation, warped, with_look_of

STILL = Augmentation(rotation=0, zoom=0, shift=0, flip=False)


def picture(height: int = 40, width: int = 40) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 1), dtype=np.uint8)


def test_without_any_change_the_picture_stays_as_it_is() -> None:
    assert (STILL(picture(), 1, 2, 3) == picture()).all()


def test_a_flip_mirrors_left_to_right_and_half_of_them() -> None:
    flip = Augmentation(rotation=0, zoom=0, shift=0, flip=True)
    results = [flip(picture(), 1, 0, index) for index in range(200)]
    mirrored = [bool((result == picture()[:, ::-1]).all()) for result in results]
    same = [bool((result == picture()).all()) for result in results]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


def test_a_shift_moves_the_picture_and_its_edge_goes_on() -> None:
    moved = warped(picture(), np.array([[1.0, 0.0, 5.0], [0.0, 1.0, -3.0]]))
    assert (moved[3:, :-5] == picture()[:-3, 5:]).all()
    assert (moved[3:, -5:] == picture()[:-3, -1:]).all()


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    turned = warped(picture(), np.array([[0.0, -1.0, 40.0], [1.0, 0.0, 0.0]]))
    assert (turned[:, :, 0] == np.rot90(picture()[:, :, 0])).all()


@given(st.integers(0, 2**31), st.integers(0, 100), st.integers(0, 10**6))
def test_the_same_place_gives_the_same_pixels(seed: int, epoch: int, index: int) -> None:
    one, two = (Augmentation()(picture(), seed, epoch, index) for _ in range(2))
    assert (one == two).all()
    assert one.shape == (40, 40, 1)
    assert one.dtype == np.uint8


def test_another_epoch_gives_another_change() -> None:
    assert (Augmentation()(picture(), 1, 0, 5) != Augmentation()(picture(), 1, 1, 5)).any()


@given(st.integers(0, 10**6))
def test_the_drawn_affine_stays_within_its_limits(index: int) -> None:
    augmentation = Augmentation(rotation=30, zoom=0.2, shift=0.1)
    matrix = augmentation.drawn_matrix(np.random.default_rng(index), 100, 200)
    scales = np.linalg.norm(matrix[:, :2], axis=0)
    assert (np.abs(scales - 1) <= 0.2 + 1e-9).all()
    assert abs(np.degrees(np.arctan2(-matrix[0, 1], matrix[1, 1]))) <= 30 + 1e-6
    centre = matrix @ [100, 50, 1]
    assert (np.abs(centre - [100, 50]) <= np.array([20, 10]) + 1e-9).all()


def test_a_picture_keeps_its_brightness_on_average() -> None:
    flat = np.full((32, 32, 1), 77, np.uint8)
    assert Augmentation()(flat, 1, 1, 1).mean() == pytest.approx(77, abs=0.01)


@pytest.mark.parametrize(
    "name", ["gamma", "contrast", "brightness", "blur", "noise", "bias", "erase", "invert", "tone"]
)
def test_each_part_changes_the_picture_alone_and_the_same_way_twice(name: str) -> None:
    part, shown = replace(STILL, **{name: 0.9}), picture(24, 20)
    changed = [part(shown, 1, 0, index) for index in range(8)]
    assert any((copy != shown).any() for copy in changed)
    assert all((copy == part(shown, 1, 0, index)).all() for index, copy in enumerate(changed))
    assert {(copy.dtype, copy.shape) for copy in changed} == {(np.dtype(np.uint8), (24, 20, 1))}


def test_a_tone_curve_keeps_black_white_and_the_order_of_the_greys() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    bent = Augmentation(rotation=0, zoom=0, shift=0, flip=False, tone=1.0)(levels, 1, 1, 1).ravel()
    assert (bent[0], bent[-1]) == (0, 255)
    assert (np.diff(bent.astype(int)) >= 0).all()
    assert (bent != levels.ravel()).any()


def test_the_look_of_another_picture_comes_in_by_its_share() -> None:
    draw = np.random.default_rng(1)
    own, other = draw.integers(256, size=(2, 32, 32, 1)).astype(np.uint8)
    assert np.array_equal(with_look_of(own, other, 0.0), own)
    dark = (other // 4).astype(np.uint8)
    assert abs(with_look_of(own, dark, 1.0).mean() - dark.mean()) < 6
