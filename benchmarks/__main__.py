"""`python -m benchmarks [NAME] [--json]`."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys

from rich.console import Console

NAMES = {
    "web": "memory and start of the web process, with and without Gradio",
    "engine": "file to probability: published way, Keras, the engine under 1 to 64 callers, the limit (two minutes)",
    "worklist": "the list over 100,000 cases: every sort and filter, then fifty open pages (some minutes)",
    "line": "upload to probability through the processes of make demo (some minutes)",
    "growth": "what a case costs as cases grow from 100 to 10,000 (eight minutes)",
    "urgent": "an urgent case behind 2,000 that wait (some minutes)",
    "statements": "SQL statements, transactions and CPU of each step of one case (half a minute)",
    "pipeline": "pictures per second that reach the network, ours beside a plain loop and Keras",
    "steps": "a step of training: batch normalisation as Keras spells it out, and in one pass (two minutes)",
    "viewer": "the workstation in a browser: time to the next picture, frames while windowing (a minute)",
    "heat": "heat maps: shown, refused and why, wrong ones that would pass, and the cost",
    "memory": "own memory of fit and evaluate with 5,000 and 50,000 pictures, and of folds (half an hour)",
}
EXAMPLES = """examples:
  python -m benchmarks
  python -m benchmarks web --json

Trust the ratios: both sides of each are measured in one run on the same machine."""


def _known(name: str) -> str:
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"there is no benchmark {name!r}; there are: {', '.join(NAMES)}")
    return name


def main() -> int:
    """Run the named benchmarks, or all."""
    names = "\n".join(f"  {name:10} {what}" for name, what in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measure the product side by side.\n\nbenchmarks:\n{names}",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", type=_known, default=[*NAMES], metavar="NAME", help="which (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    wanted = parser.parse_args()
    tables = {}
    console = Console(stderr=wanted.json)
    console.print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}", style="dim")
    for name in wanted.name:
        tables[name] = importlib.import_module(f"benchmarks.{name}").run()
        for table in tables[name]:
            table.show(console)
    if wanted.json:
        json.dump({name: [table.to_json() for table in found] for name, found in tables.items()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
