"""A heat map is shown only where the score follows it, and where it lies on the body."""

from __future__ import annotations

import io
from math import log

import numpy as np
import pytest
from PIL import Image

from inference import heat_check
from inference.heat_check import Checked, body, check, checked_map, hottest, share_outside, without
from inference.heat_picture import CIVIDIS, OPACITY, coloured, layer, over

SIDE = 48


class Looking:
    """Probability of "B" by the mean brightness of one part of the picture; no feature maps."""

    classes = ("A", "B")

    def __init__(self, rows: slice, columns: slice, steepness: float = 0.05) -> None:
        self.rows, self.columns, self.steepness = rows, columns, steepness

    def predict(self, batch: np.ndarray) -> np.ndarray:
        bright = batch[:, self.rows, self.columns, 0].mean(axis=(1, 2))
        chances = 1 / (1 + np.exp(-self.steepness * (bright - 128)))
        return np.stack([1 - chances, chances], axis=1).astype(np.float32)

    def evidence(self, array: np.ndarray, name: str) -> None:
        return None


class Indifferent(Looking):
    """Says the same of every picture."""

    def __init__(self) -> None:
        super().__init__(slice(None), slice(None), 0.0)


def chest(spot: tuple[slice, slice] | None = None) -> np.ndarray:
    """A grey body with two dark lungs, air on both sides, and one bright spot."""
    array = np.zeros((SIDE, SIDE, 1), np.uint8)
    array[:, 8:40] = 150
    array[8:36, 12:21] = array[8:36, 27:36] = 20
    if spot:
        array[spot] = 255
    return array


IN_THE_LUNG = (slice(24, 34), slice(27, 36))
BESIDE = (slice(2, 10), slice(0, 5))


def test_a_map_that_the_score_follows_is_shown() -> None:
    heat, found = checked_map(Looking(*IN_THE_LUNG), chest(IN_THE_LUNG), "B")
    assert found.refusal == ""
    assert found.before > 0.99
    assert found.after < 0.5
    assert found.outside < 0.1
    assert heat[IN_THE_LUNG].mean() > 10 * heat[:20].mean()


def test_a_network_that_looks_beside_the_body_is_refused_for_that() -> None:
    _, found = checked_map(Looking(*BESIDE), chest(BESIDE), "B")
    assert found.refusal == "heat_outside"
    assert found.outside > 0.9


def test_a_network_that_looks_at_nothing_is_refused() -> None:
    heat, found = checked_map(Indifferent(), chest(IN_THE_LUNG), "B")
    assert not heat.any()
    assert found == Checked(0.5, 0.5, 0.0, "heat_unmoved")


def test_a_map_of_another_place_than_the_network_looks_at_is_refused() -> None:
    network, array = Looking(*IN_THE_LUNG), chest(IN_THE_LUNG)
    wrong = np.zeros((SIDE, SIDE), np.float32)
    wrong[24:34, 12:21] = 1
    assert check(wrong, array, network.predict, 1).refusal == "heat_unmoved"


@pytest.mark.parametrize(("fall", "refusal"), [(log(2) - 0.01, "heat_unmoved"), (log(2) + 0.01, "")])
def test_the_odds_must_halve_whatever_the_probability(fall: float, refusal: str) -> None:
    for odds in (-4.0, 0.0, 9.0):
        both = np.array([odds, odds - fall])
        rows = np.stack([1 / (1 + np.exp(both)), 1 / (1 + np.exp(-both))], axis=1)
        heat = np.zeros((SIDE, SIDE), np.float32)
        heat[IN_THE_LUNG] = 1
        assert check(heat, chest(), lambda batch, rows=rows: rows, 1).refusal == refusal


def test_the_hottest_part_is_a_tenth_of_the_picture_or_less() -> None:
    slope = np.linspace(0, 1, SIDE * SIDE).reshape(SIDE, SIDE)
    assert hottest(slope).mean() == pytest.approx(heat_check.HOTTEST, abs=0.001)
    small = np.zeros((SIDE, SIDE))
    small[3:6, 3:6] = 0.2
    assert hottest(small).sum() == 9


def test_what_is_taken_away_is_filled_in_from_around_it() -> None:
    array = chest(IN_THE_LUNG)
    mask = np.zeros((SIDE, SIDE), bool)
    mask[IN_THE_LUNG] = True
    filled = without(array, mask)
    assert (filled.dtype, filled.shape) == (array.dtype, array.shape)
    assert (filled[~mask] == array[~mask]).all()
    assert filled[mask].max() <= 150
    even = np.full((SIDE, SIDE, 1), 77, np.uint8)
    assert (without(even, mask) == 77).all()


def test_a_picture_without_its_half_is_filled_too() -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[:, : SIDE // 2] = True
    assert (without(np.full((SIDE, SIDE, 1), 90, np.uint8), mask) == 90).all()


def test_the_body_has_its_lungs_and_no_letters_beside_it() -> None:
    found = body(chest(BESIDE))
    assert found[12:30, 14:19].all()
    assert found[:, 20:28].all()
    assert not found[:, :6].any()
    assert not found[:, 43:].any()


def test_a_picture_without_air_is_body_all_over() -> None:
    assert body(np.full((SIDE, SIDE, 1), 120, np.uint8)).all()


def test_no_heat_lies_nowhere() -> None:
    assert share_outside(np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), bool)) == 0


def test_the_colours_are_cividis() -> None:
    colormaps = pytest.importorskip("matplotlib").colormaps
    heat = np.linspace(0, 1, 101)[np.newaxis]
    wanted = colormaps["cividis"](heat)[..., :3] * 255
    assert np.abs(coloured(heat)[..., :3] - wanted).max() < 8
    assert tuple(coloured(np.ones((1, 1)))[0, 0]) == (*CIVIDIS[-1], 255)


def test_the_layer_has_the_proportions_of_the_picture_and_is_clear_where_it_is_cold() -> None:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[:24] = 1
    with Image.open(io.BytesIO(layer(heat, 2000, 1000))) as stored:
        rgba = np.asarray(stored)
    assert rgba.shape == (128, 256, 4)
    assert rgba[5, 5].tolist() == [*CIVIDIS[-1], 255]
    assert rgba[-5, 5, 3] == 0


def test_both_in_one_picture_leave_the_cold_part_grey() -> None:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[:24] = 1
    out = io.BytesIO()
    Image.new("L", (300, 200), 100).save(out, "JPEG", quality=95)
    with Image.open(io.BytesIO(over(heat, out.getvalue()))) as stored:
        joined = np.asarray(stored).astype(int)
    assert joined.shape == (200, 300, 3)
    assert np.ptp(joined[-20, 150]) <= 3
    assert joined[20, 150] == pytest.approx([100 * (1 - OPACITY) + OPACITY * level for level in CIVIDIS[-1]], abs=8)
