"""Plots of a data set, on the axes that the reports of runs have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.plots import COLOURS, INK, axes_of, figure_of, svg


def spreads(title: str, rows: Sequence[tuple[str, np.ndarray, int]]) -> str:
    """A box per (name, values, number of its colour): quartiles, median, and the 5th and 95th percentile."""
    figure, axes = axes_of(title, "", "", (4.6, 0.9 + 0.32 * len(rows)))
    drawn = axes.boxplot(
        [values for _, values, _ in reversed(rows)],
        orientation="horizontal",
        whis=(5, 95),
        widths=0.55,
        showfliers=False,
        patch_artist=True,
        medianprops={"color": INK, "lw": 1.4},
        whiskerprops={"color": "#888888"},
        capprops={"color": "#888888"},
    )
    for box, (_, _, colour) in zip(drawn["boxes"], reversed(rows), strict=True):
        box.set(facecolor=COLOURS[colour % len(COLOURS)], alpha=0.75, edgecolor="none")
    axes.margins(x=0.07)
    axes.set_yticks(range(1, len(rows) + 1), [name for name, _, _ in reversed(rows)])
    return svg(figure, axes, f"{title} by class")


def mean_pictures(means: Mapping[str, np.ndarray]) -> str:
    """The mean picture of each class, and below it how it differs from the others: red is brighter, blue is darker.

    Args:
        means: float (H, W), 0 to 255, by class.
    """
    rows = 2 if len(means) > 1 else 1
    figure = figure_of((0.5 + 1.9 * len(means), 0.3 + 2.1 * rows))
    grid = figure.subplots(rows, len(means), squeeze=False)
    apart = differences(means)
    limit = max([5.0, *(float(np.abs(array).max()) for array in apart.values())])
    for column, (label, mean) in enumerate(means.items()):
        grid[0, column].imshow(mean, cmap="gray", vmin=0, vmax=255)
        grid[0, column].set_title(label, color=INK)
        if rows == 2:
            shown = grid[1, column].imshow(apart[label], cmap="RdBu_r", vmin=-limit, vmax=limit)
            grid[1, column].set_title("minus the others", color=INK, fontsize=8)
    for one in grid.flat:
        one.set_axis_off()
    if rows == 2:
        bar = figure.colorbar(shown, ax=grid[1].tolist(), shrink=0.8, aspect=12)
        bar.ax.tick_params(colors=INK, labelsize=7)
        bar.outline.set_visible(False)
    return svg(figure, grid[0, 0], "mean picture of each class and its difference from the others")


def differences(means: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each mean minus the mean of the other classes' means."""
    return {
        label: mean - np.mean([other for name, other in means.items() if name != label], axis=0)
        for label, mean in means.items()
        if len(means) > 1
    }
