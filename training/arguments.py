"""The command line of the workshop: commands, options, examples."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """examples:
  python -m training recipes
  python -m training explore DATA --outside OTHER_DATA
  python -m training fit cnn160 DATA/train --out runs/first
  python -m training fit cnn160 DATA/train --out runs/try --limit 200 --epochs 1
  python -m training fit cnn160 DATA/train --out runs/first --resume
  python -m training fit cnn160 DATA/train --out runs/folds --folds 5
  python -m training evaluate runs/first DATA/test
  python -m training evaluate runs/first DATA/train --against ORIGINALS
  python -m training compare bundles/pneumonia runs/first DATA/test
  python -m training ensemble runs/one runs/two DATA/train --out runs/both
  python -m training distill runs/both residual DATA/train --out runs/small
  python -m training points runs/first --sensitive 0.95 --specific 0.98
  python -m training publish runs/first --out bundles/pneumonia --version 1.0.0
  python -m training card bundles/pneumonia
  python -m training search candidates.toml DATA --split train --judge dev=DATA:test_dev --out runs/search
  python -m training gate ../shared/data --out inference/bundles/gate

DATA has one folder per class (NORMAL, PNEUMONIA), or one per split with the classes inside; or it is a CSV file with
the columns path, label, patient, split (the last two if there are any) and whatever else is known of an image.
exit codes: 0 done, 1 could not be done (standard error says why), 2 wrong arguments"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="python -m training",
        description="Folders of images in, a model bundle out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _recipes(commands)
    _explore(commands)
    _fit(commands)
    _ensemble(commands)
    _distill(commands)
    _evaluate(commands)
    _compare(commands)
    _points(commands)
    _publish(commands)
    _card(commands)
    _search(commands)
    _gate(commands)
    return top


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _command(commands: Commands[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog="\n".join(line for line in EXAMPLES.splitlines() if f"training {name}" in line),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="answer as JSON, without progress")
    return command


def _recipes(commands: Commands[argparse.ArgumentParser]) -> None:
    _command(commands, "recipes", "list the recipes with parameters and published figures")


def _explore(commands: Commands[argparse.ArgumentParser]) -> None:
    explore = _command(
        commands, "explore", "look at a data set before training: counts, shortcuts, copies, patients, broken files"
    )
    explore.add_argument("data", type=Path, help="folder of images, or a CSV file; all its splits are looked at")
    explore.add_argument("--outside", type=Path, metavar="OTHER", help="images of another population, beside the first")
    explore.add_argument("--out", type=Path, metavar="DIR", help="folder of the page (default: runs/explore-NAME)")
    explore.add_argument("--limit", type=int, metavar="N", help="about N images of each split: for a quick try")
    explore.add_argument("--split", help="only this sub-folder, where the data is divided into splits")
    explore.add_argument("--patient", metavar="REGEX", help="its first group is the patient in a file name")


def _fit(commands: Commands[argparse.ArgumentParser]) -> None:
    fit = _command(
        commands, "fit", "train a recipe on a folder of images; the same command again resumes a stopped run"
    )
    _what_to_fit(fit)


def _what_to_fit(fit: argparse.ArgumentParser) -> None:
    fit.add_argument("recipe", help="name of a recipe, or a Python file with RECIPE = Recipe(...)")
    fit.add_argument("data", type=Path, help="folder of images, or a CSV file")
    fit.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the run")
    fit.add_argument(
        "--positive", default="PNEUMONIA", metavar="CLASS", help="the positive class (default: %(default)s)"
    )
    fit.add_argument(
        "--seed", type=int, default=1, help="of split, weights, order and augmentation (default: %(default)s)"
    )
    fit.add_argument("--limit", type=int, metavar="N", help="about N images, whole patients: for a quick try")
    fit.add_argument("--epochs", type=int, help="instead of the recipe's")
    fit.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any value of the recipe, as often as wanted: --set learning_rate=0.0005 --set augmentation.rotation=15",
    )
    fit.add_argument("--folds", type=int, metavar="K", help="cross-validation: K runs, each patient held out by one")
    fit.add_argument("--fold", metavar="N/K", help="only this part of a cross-validation")
    fit.add_argument(
        "--resume",
        action="store_true",
        help="only go on with a stopped run, begin none (without it, a stopped run in RUN is resumed all the same)",
    )
    _data_options(fit)


def _distill(commands: Commands[argparse.ArgumentParser]) -> None:
    distill = _command(commands, "distill", "fit a recipe to what a run or bundle says of the pictures, not to labels")
    distill.add_argument("teacher", type=Path, metavar="TEACHER", help="folder of a run or a bundle")
    _what_to_fit(distill)


def _ensemble(commands: Commands[argparse.ArgumentParser]) -> None:
    ensemble = _command(commands, "ensemble", "one network from several runs: the mean of their probabilities")
    ensemble.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="folders of runs with the same data and seed"
    )
    ensemble.add_argument("data", type=Path, help="the images that they learned from, to choose operating points anew")
    ensemble.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the new run")
    ensemble.add_argument("--mirrored", action="store_true", help="ask each of the mirror image too: twice the cost")
    _data_options(ensemble)


def _evaluate(commands: Commands[argparse.ArgumentParser]) -> None:
    evaluate = _command(commands, "evaluate", "measure a run or a bundle on a set; figures on a run are kept in it")
    evaluate.add_argument("model", type=Path, metavar="BUNDLE_OR_RUN", help="folder of a bundle or a run")
    evaluate.add_argument("data", type=Path, help="folder of images, or a CSV file")
    evaluate.add_argument(
        "--against", type=Path, metavar="OTHER", help="the same pictures in another form: how far does each move?"
    )
    evaluate.add_argument("--name", help="name of the set (default: the split's, or the folder's)")
    evaluate.add_argument(
        "--outside",
        type=Path,
        metavar="OTHER",
        help="images of another population: the fall is told beside the figures",
    )
    evaluate.add_argument(
        "--predictions", type=Path, metavar="FILE", help="write a CSV file with a row per image (names of files in it!)"
    )
    evaluate.add_argument(
        "--prevalence", type=float, nargs="+", default=[], metavar="P", help="predictive values at these, say 0.05 0.2"
    )
    _report_option(evaluate)
    evaluate.add_argument(
        "--even-taught", action="store_true", help="judge a model by patients it learned from; the result says so"
    )
    _data_options(evaluate)


def _compare(commands: Commands[argparse.ArgumentParser]) -> None:
    compare = _command(commands, "compare", "two models on the same images, paired")
    compare.add_argument("first", type=Path, metavar="FIRST", help="folder of a bundle or a run")
    compare.add_argument("second", type=Path, metavar="SECOND", help="folder of another one")
    compare.add_argument("data", type=Path, help="folder of images, or a CSV file")
    _report_option(compare)
    _data_options(compare)


def _report_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--report", type=Path, metavar="PAGE.html", help="write it as one self-contained page")


def _data_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--split", help="which sub-folder, where the data is divided into splits")
    command.add_argument("--patient", metavar="REGEX", help="its first group is the patient in a file name")
    command.add_argument("--cache", type=Path, metavar="DIR", help="where decoded pictures are kept")


def _points(commands: Commands[argparse.ArgumentParser]) -> None:
    points = _command(commands, "points", "choose the operating points of a run anew, without training")
    points.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    points.add_argument(
        "--sensitive", type=float, default=0.98, metavar="AIM", help="sensitivity (default: %(default)s)"
    )
    points.add_argument(
        "--specific", type=float, default=0.98, metavar="AIM", help="specificity (default: %(default)s)"
    )
    points.add_argument(
        "--on", type=Path, metavar="DATA", help="choose on these images instead of the run's held-out patients"
    )
    _data_options(points)
    points.add_argument(
        "--calibration",
        choices=("fitted", "none"),
        default="fitted",
        help="whether probabilities are fitted to the held-out patients (default: %(default)s)",
    )


def _publish(commands: Commands[argparse.ArgumentParser]) -> None:
    publish = _command(commands, "publish", "write the bundle of a run's best epoch, with its card")
    publish.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    publish.add_argument("--out", type=Path, required=True, metavar="DIR", help="the bundle; must not exist")
    publish.add_argument("--name", default="pneumonia", help="of the model (default: %(default)s)")
    publish.add_argument("--version", default="1.0.0", help="default: %(default)s")
    card = Path(__file__).parent / "cards" / "pneumonia.toml"
    publish.add_argument("--card", type=Path, default=card, metavar="FILE", help="TOML with what a person says of it")


def _card(commands: Commands[argparse.ArgumentParser]) -> None:
    card = _command(commands, "card", "print the card of a bundle")
    card.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder of a bundle")


def _search(commands: Commands[argparse.ArgumentParser]) -> None:
    search = _command(commands, "search", "train many candidates over seeds, measure each on sets that teach nothing")
    search.add_argument("candidates", type=Path, metavar="FILE", help="TOML with the candidates")
    search.add_argument("data", type=Path, help="folder of images to learn from")
    search.add_argument("--split", help="which sub-folder of it")
    search.add_argument(
        "--judge",
        action="append",
        required=True,
        metavar="NAME=FOLDER",
        help="a set to measure on; as often as wanted; FOLDER:SPLIT for one of its splits",
    )
    search.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the runs")
    search.add_argument(
        "--positive", default="PNEUMONIA", metavar="CLASS", help="the positive class (default: %(default)s)"
    )


def _gate(commands: Commands[argparse.ArgumentParser]) -> None:
    gate = _command(commands, "gate", "train the gate: is a picture an upright, whole chest X-ray, and no negative?")
    gate.add_argument("data", type=Path, help="folder with the pictures of every family; docs/gate.md lists them")
    gate.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="folder of the gate; replaced")
    gate.add_argument("--seed", type=int, default=7, help="of every draw (default: %(default)s)")
    gate.add_argument("--drawn", type=int, default=150_000, help="pictures to learn from (default: %(default)s)")
    gate.add_argument(
        "--rounds", type=int, default=5, help="networks without a share of the few originals (default: %(default)s)"
    )
