"""`python -m training`: reads its arguments, calls one function, shows the answer."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from inference.errors import InferenceError
from training.arguments import parser
from training.data import DataSet, Fold, find_images, limited
from training.errors import WorkshopError
from training.manifest import refuse_unless_begun
from training.progress import Progress
from training.recipe import find_recipe, recipe_names
from training.settings import with_settings
from training.tables import evaluation_table, forms_table, recipes_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0: done, 1: it could not be done (the sentence is on standard error), 2: wrong arguments."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except (WorkshopError, InferenceError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Finished epochs are kept: the same command goes on from there.\n")
        return 1
    return 0


def list_recipes(options: argparse.Namespace) -> None:
    """The recipes with their parameters and published figures."""
    recipes = [find_recipe(name) for name in recipe_names()]
    show(options, [recipe.to_dict() for recipe in recipes], recipes_table(recipes))


def explore_data(options: argparse.Namespace) -> None:
    """The page of a data set, and what stands out in it."""
    from training.explore import explore, told
    from training.explore.parts import find_parts

    parts = find_parts(options.data, options.split, options.patient, options.limit)
    if options.outside:
        parts += find_parts(options.outside, None, options.patient, options.limit, outside=True)
    name = options.data.resolve().name
    out = options.out or Path("runs") / f"explore-{name}"
    found = explore(name, parts, out, Progress(options.json))
    show(options, found, told(found, out))


def fit_recipe(options: argparse.Namespace) -> None:
    """Train, then measure the held-out patients and choose the operating points."""
    if options.resume:
        refuse_unless_begun(options.out)
    if options.folds:  # first: each fold brings Keras in a process of its own, this one needs none of it until the end
        return fit_in_folds(options)
    from training.evaluate import evaluate_held_out
    from training.fit import fit
    from training.report import write_report

    recipe = find_recipe(options.recipe)
    recipe = with_settings(replace(recipe, epochs=options.epochs) if options.epochs else recipe, options.set)
    progress, data = Progress(options.json), data_to_learn_from(options)
    fold = Fold.read(options.fold) if options.fold else None
    with cache_folder(options, options.out) as cache:
        manifest = fit(recipe, data, options.positive, options.out, cache, options.seed, progress, fold)
        found = evaluate_held_out(manifest, data, cache, progress)
        write_report(manifest, data, cache, progress)
    show(options, {"run": str(options.out), "best": manifest.best, "validation": found}, evaluation_table(found))
    return None


def distill_recipe(options: argparse.Namespace) -> None:
    """As fit, with a teacher."""
    options.set = [*options.set, f"teacher={options.teacher}"]
    fit_recipe(options)


def join_runs(options: argparse.Namespace) -> None:
    """Join, then measure the held-out patients and choose the operating points."""
    from training.ensemble import ensemble
    from training.evaluate import evaluate_held_out
    from training.report import write_report

    data, progress = training_part(options), Progress(options.json)
    manifest = ensemble(options.runs, options.out, options.mirrored)
    with cache_folder(options, options.out) as cache:
        found = evaluate_held_out(manifest, data, cache, progress)
        write_report(manifest, data, cache, progress)
    show(options, {"run": str(options.out), "validation": found}, evaluation_table(found))


def fit_in_folds(options: argparse.Namespace) -> None:
    """Train every fold, then measure all images, each by the fold that had not seen its patient."""
    from training.folds import fit_folds, pooled

    progress, data = Progress(options.json), data_to_learn_from(options)
    with cache_folder(options, options.out) as cache:
        fit_folds(fold_command(options, cache), options.out, options.folds, progress)
        found = pooled(options.out, options.folds, data, cache, progress)
    show(options, found, evaluation_table(found))


def fold_command(options: argparse.Namespace, cache: Path) -> list[str]:
    """The arguments of one fold: those of the whole, with the same cache."""
    named = {"positive": options.positive, "seed": options.seed, "limit": options.limit, "epochs": options.epochs}
    named |= {"split": options.split, "patient": options.patient, "cache": cache}
    given = [f"--{name}={value}" for name, value in named.items() if value is not None]
    given += [f"--set={setting}" for setting in options.set] + ["--json"] * options.json
    return ["fit", options.recipe, str(options.data), *given]


def data_to_learn_from(options: argparse.Namespace) -> DataSet:
    """The images of `fit`; the part "train" where the data is divided and nothing else is named."""
    data = limited(training_part(options), options.limit, options.seed)
    if options.positive not in data.classes:
        raise WorkshopError(
            f"No class {options.positive!r} in {list(data.classes)}: name the positive one with --positive."
        )
    return data


def training_part(options: argparse.Namespace) -> DataSet:
    """The part "train" where the data is divided and nothing else is named."""
    split = options.split or ("train" if (options.data / "train").is_dir() else None)
    return find_images(options.data, split, options.patient)


def evaluate_model(options: argparse.Namespace) -> None:
    """Figures on a set, or the movement between two forms of the same pictures; kept in a run, printed for a bundle."""
    from training.against import compare_forms
    from training.evaluate import evaluate
    from training.judged_pages import write_evaluation_page
    from training.manifest import FILE, Manifest
    from training.scorer import open_scorer
    from training.taught import overlap, refuse_taught

    scorer, progress = open_scorer(options.model), Progress(options.json)
    data = find_images(options.data, options.split, options.patient)
    run = Manifest.open(options.model) if (options.model / FILE).exists() else None
    name = options.name or (options.against or Path(options.split or options.data)).resolve().name
    with cache_folder(options, options.model if run else None) as cache:
        if options.against:
            other = find_images(options.against, options.split, options.patient)
            found = compare_forms(scorer, data, other, name, cache, progress)
            found |= {"taught_patients": overlap(options.model, other).names} if run else {}
        else:
            taught = refuse_taught(options.model, data, options.even_taught)
            found = taught | evaluate(scorer, data, name, cache, progress, options.prevalence, options.predictions)
        if options.outside:
            outside = find_images(options.outside, None, options.patient)
            found["outside"] = evaluate(scorer, outside, options.outside.resolve().name, cache, progress)
        if options.report and not options.against:
            write_evaluation_page(options.report, found, scorer, data, cache, progress)
    if run:
        run.keep_evaluation(found)
    show(options, found, forms_table(found) if options.against else evaluation_table(found))


def compare_models(options: argparse.Namespace) -> None:
    """Paired figures of two models that prepare pictures each in its own way."""
    from training.compare import compare, comparison_table
    from training.judged_pages import write_comparison_page
    from training.scorer import open_scorer

    first, second = open_scorer(options.first), open_scorer(options.second)
    data = find_images(options.data, options.split, options.patient)
    with cache_folder(options, None) as cache:
        found = compare(first, second, data, cache, Progress(options.json))
    if options.report:
        write_comparison_page(options.report, found, first.title, second.title)
    show(options, found, comparison_table(found, first.title, second.title))


def choose_points(options: argparse.Namespace) -> None:
    """Other operating points for a run, from what it says of its held-out patients or of another set."""
    from training.evaluate import judged_by_run
    from training.held_out import rechoose
    from training.manifest import Manifest

    manifest, calibrate, on = Manifest.open(options.run), options.calibration == "fitted", None
    if options.on:
        data = find_images(options.on, options.split, options.patient)
        with cache_folder(options, options.run) as cache:
            name = options.split or options.on.resolve().name
            on = judged_by_run(manifest, data, name, cache, Progress(options.json))
    found = rechoose(manifest, options.sensitive, options.specific, calibrate, on)
    show(options, found, evaluation_table(found))


def publish_run(options: argparse.Namespace) -> None:
    """Write the bundle."""
    from training.cost import told_cost
    from training.publish import publish

    bundle = publish(options.run, options.out, options.name, options.version, options.card)
    facts = {
        "directory": str(bundle.directory),
        "sha256": bundle.sha256,
        "name": bundle.name,
        "version": bundle.version,
        "cost": bundle.facts["cost"],
    }
    place = f"{bundle.name} {bundle.version} is in {bundle.directory}\nsha256 {bundle.sha256}"
    show(options, facts, f"{place}\n{told_cost(bundle.facts['cost'])}")


def show_card(options: argparse.Namespace) -> None:
    """The card of a bundle whose checksums fit."""
    from inference.bundle import Bundle

    bundle = Bundle.open(options.bundle)
    show(options, {"card": bundle.card, "sha256": bundle.sha256}, bundle.card)


def search_candidates(options: argparse.Namespace) -> None:
    """Train and measure; the table of all that is done."""
    from training import search

    candidates = search.read_candidates(options.candidates)
    data = find_images(options.data, options.split)
    named = (judge.partition("=") for judge in options.judge)
    places = {name: place.partition(":") for name, _, place in named}
    sets = {name: (Path(folder), split or None) for name, (folder, _, split) in places.items()}
    judges = search.judges_in(sets, data.classes)
    progress = Progress(options.json)
    rows = list(search.search(candidates, data, judges, options.positive, options.out, progress))
    show(options, rows, search.search_table(candidates, rows, tuple(judges)))


def train_gate(options: argparse.Namespace) -> None:
    """The network that looks at a picture before any model does."""
    from training.gate.publish import make_gate

    say = Progress(options.json).say
    gate = make_gate(options.data, options.out, say, options.seed, options.rounds, options.drawn)
    show(options, dict(gate.facts), gate.card)


COMMANDS = {
    "recipes": list_recipes,
    "explore": explore_data,
    "fit": fit_recipe,
    "ensemble": join_runs,
    "distill": distill_recipe,
    "evaluate": evaluate_model,
    "compare": compare_models,
    "points": choose_points,
    "publish": publish_run,
    "card": show_card,
    "search": search_candidates,
    "gate": train_gate,
}


@contextmanager
def cache_folder(options: argparse.Namespace, run: Path | None) -> Iterator[Path]:
    """Where decoded pictures are kept: as named, else beside the run, else for this command only."""
    named: Path | None = options.cache or (run.resolve().parent / "cache" if run else None)
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        yield Path(folder)


def show(options: argparse.Namespace, facts: Any, text: str) -> None:
    """The answer on standard output: JSON for programs, text for people."""
    sys.stdout.write((json.dumps(facts, indent=1) if options.json else text) + "\n")


if __name__ == "__main__":
    sys.exit(main())
