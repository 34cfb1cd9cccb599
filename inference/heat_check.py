"""May a heat map be shown? What it calls hottest is taken away and the picture is scored again. Numpy alone.

Two ways in which a map is "not reliable here": the score does not follow when the hottest part is taken away, or more
than half of the heat lies outside the body. What neither can say stands in docs/heat_map.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from inference.saliency import Explainable, heat_map, log_odds

HOTTEST = 0.1
"""Share of the picture that is taken away: about as much as one zone of a lung covers."""
MOVED = log(2)
"""How far the log odds of the class must fall at least: the odds halve."""
OUTSIDE = 0.5
"""Share of the heat outside the body above which the map is refused."""
AIR = 0.25
"""Of the brightness of dense parts (the 95th percentile): what is darker may be air."""

Predict = Callable[[np.ndarray], np.ndarray]
"""uint8 (N, H, W, 1), N at most 32 -> probabilities float (N, classes)."""


@dataclass(frozen=True)
class Checked:
    """What the check found.

    Attributes:
        before, after: probability of the explained class, 0 to 1, of the picture and without its hottest part.
        outside: share of the heat outside the body, 0 to 1.
        refusal: code of the table of reasons; empty where the map may be shown.
    """

    before: float
    after: float
    outside: float
    refusal: str = ""


def checked_map(network: Explainable, array: np.ndarray, name: str) -> tuple[np.ndarray, Checked]:
    """The heat map float32 (H, W) of a prepared picture uint8 (H, W, 1) for the class `name`, and its check."""
    heat = heat_map(network, array, name)
    return heat, check(heat, array, network.predict, network.classes.index(name))


def check(heat: np.ndarray, array: np.ndarray, predict: Predict, column: int) -> Checked:
    """Judge a map float (H, W), 0 to 1, of the class in `column` for a prepared picture uint8 (H, W, 1)."""
    rows = predict(np.stack([array, without(array, hottest(heat))]))
    before, after = log_odds(rows, column)
    outside = share_outside(heat, body(array))
    refusal = _refusal(float(before - after) if heat.any() else 0.0, outside)
    return Checked(float(rows[0, column]), float(rows[1, column]), outside, refusal)


def _refusal(fallen: float, outside: float) -> str:
    if fallen < MOVED:
        return "heat_unmoved"
    return "heat_outside" if outside > OUTSIDE else ""


def hottest(heat: np.ndarray) -> np.ndarray:
    """Float (H, W) -> bool (H, W): the hottest tenth of the picture; less of it where less is warm at all."""
    places = np.argsort(-heat, axis=None, kind="stable")[: round(HOTTEST * heat.size)]
    found = np.zeros(heat.size, bool)
    found[places] = True
    return found.reshape(heat.shape) & (heat > 0)


def without(array: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture uint8 (H, W, 1) with what lies under the mask bool (H, W) filled in from around it.

    A mean grey would put an edge where none was, and networks answer to edges. What is around, blurred, leaves the body
    its outline and takes only what was to see within it; it is also not what the map was made with.
    """
    filled = _filled(array[..., 0].astype(np.float64), ~mask)
    changed: np.ndarray = np.where(mask, np.rint(filled), array[..., 0]).astype(np.uint8)[..., np.newaxis]
    return changed


def _filled(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Every place as the mean of what is known around it, near places weighing more: narrow first, then wider."""
    found: np.ndarray = values * known
    missing = ~known
    for width in (1.0, 2.0, 4.0, 8.0, 16.0, 64.0):
        rows, columns = (_weights(side, width * side / 64) for side in values.shape)
        weight = rows @ known @ columns.T
        reached = missing & (weight > 0.05)
        found[reached] = (rows @ (values * known) @ columns.T)[reached] / weight[reached]
        missing &= ~reached
    return found


def _weights(side: int, width: float) -> np.ndarray:
    """A Gaussian of that width in pixels around every place along one side, float (side, side), rows sum to 1."""
    places = np.arange(side)
    bells = np.exp(-0.5 * ((places[:, np.newaxis] - places) / width) ** 2)
    normed: np.ndarray = bells / bells.sum(axis=1, keepdims=True)
    return normed


def share_outside(heat: np.ndarray, inside: np.ndarray) -> float:
    """Of all heat, how much lies outside, 0 to 1; 0 where there is none."""
    total = float(heat.sum())
    return float(heat[~inside].sum()) / total if total > 0 else 0.0


def body(array: np.ndarray) -> np.ndarray:
    """The body in a prepared picture uint8 (H, W, 1), bright = dense: bool (H, W).

    Air is what is dark and hangs together with the picture's edge (the lungs are dark too, but the chest is around
    them); the body is what of the rest hangs together with the picture's middle, so that letters beside it are none.
    """
    grey = _smoothed(array[..., 0])
    tissue = grey > _air_level(grey)
    air = _reached(~tissue, _edge(grey.shape))
    return _reached(~air, ~air & _middle(grey.shape))


def _air_level(grey: np.ndarray) -> float:
    """A quarter of the brightness of dense parts: air beside a body is next to black, the lungs seldom are."""
    return AIR * float(np.quantile(grey, 0.95))


def _smoothed(grey: np.ndarray) -> np.ndarray:
    rows, columns = (_weights(side, side / 64) for side in grey.shape)
    smooth: np.ndarray = rows @ grey.astype(np.float64) @ columns.T
    return smooth


def _edge(shape: tuple[int, int]) -> np.ndarray:
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _middle(shape: tuple[int, int]) -> np.ndarray:
    middle = np.zeros(shape, bool)
    height, width = shape
    middle[height // 4 : -(height // 4), width // 4 : -(width // 4)] = True
    return middle


def _reached(free: np.ndarray, start: np.ndarray) -> np.ndarray:
    """What of `free` hangs together with `start`, by steps up, down, left and right: bool (H, W)."""
    found: np.ndarray = start & free
    while True:
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        grown[:, 1:] |= found[:, :-1]
        grown[:, :-1] |= found[:, 1:]
        grown &= free
        if (grown == found).all():
            return found
        found = grown
