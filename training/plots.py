"""Plots as SVG text for a page: lines and words take the page's colour, so that they read in light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from training import metrics

INK = "#010203"  # stands for the page's text colour until the plot is drawn
COLOURS = ("#3b82c4", "#d9822b", "#4c9f70", "#b05bb5", "#c0504d", "#8a8f3c")  # of middle brightness
SIZE = (4.6, 3.4)  # inches, 72 points each
BINS = 10


def figure_of(size: tuple[float, float]) -> Any:
    """An empty figure of so many inches."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def axes_of(title: str, across: str, up: str, size: tuple[float, float] = SIZE) -> tuple[Any, Any]:
    """A figure with one pair of axes in the page's colour."""
    from matplotlib import rc_context

    ink = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    style: Any = {name: INK for name in ink} | {"font.size": 9, "axes.prop_cycle": _cycle()}
    with rc_context(style):
        figure = figure_of(size)
        axes = figure.add_subplot()
        axes.set(title=title, xlabel=across, ylabel=up, facecolor="none")
        axes.title.set_color(INK)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _cycle() -> Any:
    from cycler import cycler

    return cycler(color=COLOURS)


def svg(figure: Any, axes: Any, words: str) -> str:
    """The drawn figure; `words` say it to people who can't see it."""
    from matplotlib import rc_context

    handles, _ = axes.get_legend_handles_labels()
    if handles:
        for handle in axes.legend(frameon=False, labelcolor=INK, fontsize=8, markerscale=1.5).legend_handles:
            handle.set_alpha(1)
    out = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "report", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1)


def curves(history: Sequence[Mapping[str, Any]], names: Sequence[str], title: str) -> str:
    """Figures per epoch, a line each."""
    figure, axes = axes_of(title, "epoch", "")
    for name in names:
        values = [row.get(name) for row in history]
        if any(value is not None for value in values):
            axes.plot([row["epoch"] for row in history], values, label=name.replace("_", " "), marker=".", lw=1.4)
    axes.xaxis.get_major_locator().set_params(integer=True)
    return svg(figure, axes, f"{title} per epoch")


def class_counts(counts: Mapping[str, Mapping[str, int]]) -> str:
    """Bars by class, one group per part of the data, with the share of the part on each."""
    figure, axes = axes_of("Images per class", "", "images")
    classes = sorted({label for part in counts.values() for label in part})
    wide = 0.8 / len(counts)
    for place, (part, of) in enumerate(counts.items()):
        at = np.arange(len(classes)) + place * wide
        values = [of.get(label, 0) for label in classes]
        bars = axes.bar(at, values, wide * 0.92, label=part)
        shares = [f"{value / max(1, sum(values)):.0%}" if value else "" for value in values]
        axes.bar_label(bars, shares, color=INK, fontsize=8)
    axes.set_xticks(np.arange(len(classes)) + 0.4 - wide / 2, classes)
    axes.margins(y=0.15)
    return svg(figure, axes, "images per class")


def image_sizes(sizes: Mapping[str, np.ndarray]) -> str:
    """Width against height, by class; each (N, 2) in pixels."""
    figure, axes = axes_of("Sizes of the files", "width in pixels", "height in pixels")
    for label, pairs in sizes.items():
        axes.scatter(pairs[:, 0], pairs[:, 1], s=12, alpha=0.5, label=label, linewidths=0)
    axes.margins(0.08)
    return svg(figure, axes, "heights and widths of the files")


def confusion(counts: Mapping[str, Mapping[str, int]]) -> str:
    """True class down, called class across; shade by the share of the true class."""
    labels = list(counts)
    table = np.array([[counts[a][b] for b in labels] for a in labels])
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, axes = axes_of("True class against called class", "called", "true", (1.6 + 1.1 * len(labels),) * 2)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.25)
    axes.set_xticks(range(len(labels)), labels, rotation=20)
    axes.set_yticks(range(len(labels)), labels)
    for row, col in np.ndindex(table.shape):
        colour = "white" if shares[row, col] > 0.6 else "black"
        axes.text(col, row, f"{table[row, col]}\n{shares[row, col]:.1%}", ha="center", va="center", color=colour)
    return svg(figure, axes, "confusion matrix")


def roc(sets: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """ROC curves of (truth, scores) by name."""
    figure, axes = axes_of("ROC curve", "1 - specificity", "sensitivity")
    axes.plot([0, 1], [0, 1], color="#888888", lw=0.8, ls=":")
    for name, (truth, scores) in sets.items():
        axes.plot(*metrics.roc(truth, scores), label=f"{name} ({metrics.auc(truth, scores):.3f})", lw=1.4)
    return svg(figure, axes, "ROC curve")


def precision_recall(sets: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """Precision against recall of (truth, scores) by name."""
    figure, axes = axes_of("Precision and recall", "recall (sensitivity)", "precision")
    for name, (truth, scores) in sets.items():
        label = f"{name} ({metrics.average_precision(truth, scores):.3f})"
        axes.step(*metrics.precision_recall(truth, scores), where="pre", label=label, lw=1.4)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
    return svg(figure, axes, "precision-recall curve")


def reliability(truth: np.ndarray, named: Mapping[str, np.ndarray]) -> str:
    """Share positive against mean probability in ten equal bins, for each kind of scores; dots grow with the bin."""
    figure, axes = axes_of("Reliability", "mean probability in the bin", "share positive")
    axes.plot([0, 1], [0, 1], color="#888888", lw=0.8, ls=":")
    for name, scores in named.items():
        place = np.minimum((scores * BINS).astype(int), BINS - 1)
        used = np.unique(place)
        mean = [scores[place == b].mean() for b in used]
        share = [truth[place == b].mean() for b in used]
        (line,) = axes.plot(mean, share, lw=1, label=f"{name} (ECE {metrics.calibration_error(truth, scores):.3f})")
        dots = [10 + 150 * (place == b).mean() for b in used]
        axes.scatter(mean, share, s=dots, alpha=0.6, color=line.get_color())
    return svg(figure, axes, "reliability plot")


def score_histogram(labels: Sequence[str], scores: np.ndarray, points: Mapping[str, float]) -> str:
    """How often each class gets which probability, and where the operating points lie."""
    figure, axes = axes_of("Probability by class", "probability of the positive class", "images")
    names = np.asarray(labels)
    for label in sorted(set(labels)):
        axes.hist(scores[names == label], bins=np.linspace(0, 1, 26), alpha=0.6, label=label)
    for name, value in points.items():
        axes.axvline(value, color="#888888", lw=1, ls="--")
        axes.text(value, axes.get_ylim()[1], f" {name}", color=INK, fontsize=8, rotation=90, va="top")
    axes.set_yscale("symlog", linthresh=1)
    return svg(figure, axes, "histogram of probabilities by class")


def intervals(rows: Sequence[tuple[str, Mapping[str, float | None]]], title: str) -> str:
    """Figures with their intervals, a line each."""
    figure, axes = axes_of(title, "", "", (SIZE[0] * 1.4, 0.9 + 0.28 * len(rows)))
    shown = [(name, of) for name, of in rows if of["value"] is not None]
    for place, (_, of) in enumerate(reversed(shown)):
        value, low, high = (float(of[name] or 0) for name in ("value", "low", "high"))
        axes.plot([low, high], [place, place], color=COLOURS[0], lw=2, alpha=0.6)
        axes.plot([value], [place], "o", color=COLOURS[0], ms=5)
    axes.set_yticks(range(len(shown)), [name for name, _ in reversed(shown)])
    axes.axvline(0, color="#888888", lw=0.8, ls=":")
    axes.margins(x=0.05, y=0.25)
    return svg(figure, axes, title)
