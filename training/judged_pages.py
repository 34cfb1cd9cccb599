"""The pages of `evaluate --report` and `compare --report`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training import plots
from training import report_page as html
from training.cache import read_arrays
from training.card_figures import told
from training.data import DataSet
from training.evaluate import known_images
from training.progress import Progress
from training.report_sections import figures_table, groups_table, held_out_plots, wrong_pictures
from training.scorer import Scorer

COMPARED = {"auc": "AUC"} | {name: f"{name} at 0.5" for name in ("accuracy", "sensitivity", "specificity")}
GUARD = "Pictures and file names of patients are in this page: guard it like the images."


def write_evaluation_page(
    path: Path, found: Mapping[str, Any], scorer: Scorer, data: DataSet, cache: Path, progress: Progress
) -> None:
    """The figures of a set (and of the outside one beside them), plots, groups and every wrong picture."""
    part = known_images(scorer, data)
    arrays = read_arrays(part, scorer.preprocessing, cache, progress)
    chances, place = scorer.probabilities(arrays), scorer.classes.index(scorer.positive)
    raw = scorer.calibration.undone(chances, place) if scorer.calibration else chances
    thresholds = scorer.thresholds.to_dict() if scorer.thresholds else {}
    sets = [found, found["outside"]] if "outside" in found else [found]
    drawn = held_out_plots(part, raw, scorer.classes, scorer.positive, scorer.calibration, thresholds)
    sections = [
        ("Figures", _fall(found) + figures_table(sets)),
        ("Plots", drawn),
        ("Groups", groups_table(found)),
        *((f"Groups of {of['name']}", groups_table(of)) for of in sets[1:]),
        ("Wrong pictures", wrong_pictures(scorer, part, chances, lambda i: arrays[i])),
    ]
    path.write_text(html.page(f"{scorer.title} on {found['name']}", GUARD, sections), encoding="utf-8")


def _fall(found: Mapping[str, Any]) -> str:
    if "outside" not in found:
        return ""
    here, there = told(found["auc"]), told(found["outside"]["auc"])
    text = f"AUC {here} on {found['name']}, {there} on {found['outside']['name']}."
    low, high = (found["outside"]["auc"][name] for name in ("low", "high"))
    if low is not None and low <= 0.5:
        text += " There it may be no better than chance" + (", or worse." if high < 0.5 else ".")
        text += " What it learned here does not carry over."
    return html.paragraph(text, "fall")


def write_comparison_page(path: Path, found: Mapping[str, Any], first: str, second: str) -> None:
    """Paired figures, the test, and the pictures on which the two are furthest apart."""
    rows = [(words, *(f"{value:.4f}" for value in found[name])) for name, words in COMPARED.items() if name in found]
    apart = [(COMPARED.get(name, name), of) for name, of in found["difference"].items()]
    test = found["mcnemar"]
    counted = {
        f"right only by {first}": test["only_first_right"],
        f"right only by {second}": test["only_second_right"],
        "McNemar's exact test, p": f"{test['p']:.4g}",
        "DeLong's test of the AUC, p": f"{found['delong']['p']:.4g}",
    }
    about = f"{found['images']} images of {found['patients']} patients. Names of files are in this page."
    sections = [
        ("Figures", html.table(["", first, second], rows)),
        (
            "Differences, second minus first",
            html.plots(plots.intervals(apart, "with 95 % intervals by patient"))
            + html.table(["", "difference"], [(name, told(of, 4)) for name, of in apart]),
        ),
        ("Tests", html.facts(counted)),
        ("Different sides of 0.5", html.table(["image", "truth", first, second], _rows(found["differ"]))),
        ("Furthest apart", html.table(["image", "truth", first, second], _rows(found["furthest_apart"]))),
    ]
    path.write_text(html.page(f"{first} and {second}", about, sections), encoding="utf-8")


def _rows(cases: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        (of["name"], "positive" if of["positive"] else "negative", f"{of['first']:.4f}", f"{of['second']:.4f}")
        for of in cases
    ]
