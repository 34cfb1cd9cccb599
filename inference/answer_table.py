"""Answers on a terminal: a table on stdout, or one JSON line each; the progress bar on stderr, for people only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from inference.answers import Answer
from inference.bundle import Bundle
from inference.errors import reason

_STYLES = {"likely": "bold red", "uncertain": "yellow", "unlikely": "green"}
_WORDS = {
    "en": {
        **{"file": "File", "band": "Band", "likely": "likely", "uncertain": "uncertain", "unlikely": "unlikely"},
        "notes": "Notes",
        "points": "below {low:.3f}: unlikely, from {high:.3f} on: likely",
        "calibrated": "calibrated",
        "uncalibrated": "the network's own score, not calibrated",
    },
    "ko": {
        **{"file": "파일", "band": "구간", "likely": "가능성 높음", "uncertain": "불확실", "unlikely": "가능성 낮음"},
        "notes": "참고",
        "points": "{low:.3f} 미만: 가능성 낮음, {high:.3f} 이상: 가능성 높음",
        "calibrated": "보정됨",
        "uncalibrated": "보정되지 않은 모델 점수",
    },
}


def with_progress(answers: Iterable[Answer], files: Sequence[Path]) -> Iterator[Answer]:
    """The same answers, with a bar on stderr where that is a terminal."""
    console = Console(stderr=True)
    disable = not sys.stderr.isatty()
    return iter(track(answers, description="", total=len(files), console=console, transient=True, disable=disable))


def print_lines(answers: Iterable[Answer], bundle: Bundle, language: str) -> int:
    """Print one JSON object per answer as it comes; the number of refusals."""
    refused = 0
    for answer in answers:
        sys.stdout.write(json.dumps(answer.to_dict(bundle, language), ensure_ascii=False) + "\n")
        sys.stdout.flush()
        refused += answer.refusal is not None
    return refused


def print_table(answers: Iterable[Answer], bundle: Bundle, language: str) -> int:
    """Print all answers as a table; the number of refusals.

    Above it stand model, version, thresholds and whether it is calibrated, below it what each note says.
    """
    words = _WORDS["ko" if language.startswith("ko") else "en"]
    columns = (words["file"], bundle.positive, words["band"], words["notes"])
    table = Table(*columns, title=_title(bundle, words), title_justify="left")
    refused, noted = 0, dict[str, None]()
    for answer in answers:
        table.add_row(*_cells(answer, bundle, words, language))
        refused += answer.refusal is not None
        noted |= dict.fromkeys(answer.notes)
    width = None if sys.stdout.isatty() else 1000  # a pipe has no edge: nothing is folded there
    console = Console(width=width)
    console.print(table)
    for code in noted:
        console.print(f"{code}: {reason(code).message(language)}", markup=False, highlight=False)
    return refused


def _title(bundle: Bundle, words: dict[str, str]) -> str:
    points = words["points"].format(low=bundle.thresholds.sensitive, high=bundle.thresholds.specific)
    state = words["calibrated" if bundle.calibrated else "uncalibrated"]
    return f"{bundle.name} {bundle.version}: {points}; {state}"


def _cells(answer: Answer, bundle: Bundle, words: dict[str, str], language: str) -> tuple[str, str, str, str]:
    name, notes = escape(str(answer.file)), ", ".join(answer.notes)
    if answer.refusal is not None:
        error = answer.refusal
        return name, "-", escape(f"{error.code}: {error.message(language)} {error.next_step(language)}"), notes
    probability = (answer.probabilities or {})[bundle.positive]
    band = answer.band or ""
    return name, f"{probability:.1%}", f"[{_STYLES[band]}]{words[band]}[/]", notes
