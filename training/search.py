"""Many candidates, the same judges: each is trained over its seeds and measured on every set, a row for each run."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training import metrics
from training.cache import read_arrays
from training.data import DataSet, find_images
from training.errors import WorkshopError
from training.manifest import Manifest
from training.progress import Progress
from training.recipe import find_recipe
from training.scorer import scorer_of_run
from training.settings import with_settings

ROW = "search.json"
FIGURES = ("auc", "accuracy", "specificity_at_95")


@dataclass(frozen=True)
class Candidate:
    """One line of the search: `settings` as --set takes them, `why` it is tried, `taught` once it is known."""

    name: str
    why: str
    recipe: str
    settings: tuple[str, ...]
    seeds: tuple[int, ...]
    taught: str = ""


def read_candidates(path: Path) -> list[Candidate]:
    """From a TOML file: [base] with recipe and set, and [[candidate]] with name, why, set, seeds, taught.

    Raises:
        WorkshopError: the file is missing or no TOML, a name is missing or there twice.
    """
    try:
        told = tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WorkshopError(f"{path} can't be read as a list of candidates: {error}") from error
    base = told.get("base", {})
    found = [_candidate(base, entry) for entry in told.get("candidate", [])]
    names = [candidate.name for candidate in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise WorkshopError(f"{path} has these candidates twice: {', '.join(doubled)}.")
    return found


def _candidate(base: Mapping[str, Any], entry: Mapping[str, Any]) -> Candidate:
    if not entry.get("name") or not entry.get("why"):
        raise WorkshopError(f"A candidate needs a name and a why: {dict(entry)}")
    return Candidate(
        name=entry["name"],
        why=entry["why"],
        recipe=entry.get("recipe", base.get("recipe", "residual")),
        settings=tuple(base.get("set", ())) + tuple(entry.get("set", ())),
        seeds=tuple(entry.get("seeds", base.get("seeds", (1,)))),
        taught=entry.get("taught", ""),
    )


def search(
    candidates: list[Candidate],
    data: DataSet,
    judges: Mapping[str, DataSet],
    positive: str,
    out: Path,
    progress: Progress,
) -> Iterator[dict[str, Any]]:
    """Train and measure what was not yet, candidate by candidate, seed by seed; yields each run's row.

    Args:
        judges: sets that teach nothing, by name. out: runs land in out/NAME-SEED, decoded pictures in out/cache.
    """
    runs = [(seed, candidate) for candidate in candidates for seed in candidate.seeds]
    for seed, candidate in sorted(runs, key=lambda run: run[0]):  # every candidate once before any comes again
        run = out / f"{candidate.name}-{seed}"
        if not (run / ROW).exists():
            progress.say(f"{candidate.name}, seed {seed}: {candidate.why}")
            _train_and_measure(candidate, seed, data, judges, positive, run, progress)
        yield json.loads((run / ROW).read_text())


def _train_and_measure(
    candidate: Candidate,
    seed: int,
    data: DataSet,
    judges: Mapping[str, DataSet],
    positive: str,
    run: Path,
    progress: Progress,
) -> None:
    import keras

    from training.fit import fit

    recipe = with_settings(find_recipe(candidate.recipe), candidate.settings)
    manifest = fit(recipe, data, positive, run, run.parent / "cache", seed, progress)
    row = {"name": candidate.name, "seed": seed, "epochs": len(manifest.history)}
    row |= {name: manifest.best[name] for name in ("validation_auc", "validation_accuracy")}
    row["seconds"] = round(sum(epoch["seconds"] for epoch in manifest.history))
    for name, judge in judges.items():
        row |= {f"{name}_{figure}": value for figure, value in judged(manifest, name, judge, progress).items()}
    (run / ROW).write_text(json.dumps(row, indent=1))
    keras.utils.clear_session()


def judged(manifest: Manifest, name: str, data: DataSet, progress: Progress) -> dict[str, float]:
    """The figures of a run on one set; its scores are kept as scores-NAME.npy, in the order of the set."""
    scorer = scorer_of_run(manifest)
    scores = scorer.scores(read_arrays(data, scorer.preprocessing, manifest.run.parent / "cache", progress))
    np.save(manifest.run / f"scores-{name}.npy", scores)
    return figures(data.labelled(scorer.positive), scores)


def figures(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """AUC, accuracy at 0.5, and the specificity where the sensitivity is 95 %."""
    threshold = np.sort(scores[truth])[int(0.05 * truth.sum())]
    found = {
        "auc": metrics.auc(truth, scores),
        "accuracy": metrics.accuracy(truth, scores >= 0.5),
        "specificity_at_95": metrics.specificity(truth, scores >= threshold),
    }
    return {name: round(value, 4) for name, value in found.items()}


def judges_in(sets: Mapping[str, tuple[Path, str | None]], classes: tuple[str, ...]) -> dict[str, DataSet]:
    """The sets by name, without images of classes that the candidates don't know."""
    found = {name: find_images(folder, split) for name, (folder, split) in sets.items()}
    return {
        name: data.only([i for i, image in enumerate(data.images) if image.label in classes])
        for name, data in found.items()
    }


def search_table(candidates: list[Candidate], rows: list[dict[str, Any]], judges: tuple[str, ...]) -> str:
    """The search as a Markdown table: a row per candidate, figures as mean over its seeds (lowest to highest)."""
    columns = ["validation_auc", *(f"{judge}_{figure}" for judge in judges for figure in FIGURES)]
    head = ["candidate", "why", "seeds", *(column.replace("_", " ") for column in columns), "taught"]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for candidate in candidates:
        own = [row for row in rows if row["name"] == candidate.name]
        if own:
            seeds = ", ".join(str(row["seed"]) for row in own)
            told = [_spread([row[column] for row in own]) for column in columns]
            lines.append("| " + " | ".join([candidate.name, candidate.why, seeds, *told, candidate.taught]) + " |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"
