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

_STYLES = {"likely": "bold red", "uncertain": "yellow", "unlikely": "green"}
_WORDS = {
    "en": {"file": "File", "band": "Band", "likely": "likely", "uncertain": "uncertain", "unlikely": "unlikely"},
    "ko": {"file": "파일", "band": "구간", "likely": "가능성 높음", "uncertain": "불확실", "unlikely": "가능성 낮음"},
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
    """Print all answers as a table, with model, version and thresholds above it; the number of refusals."""
    words = _WORDS["ko" if language.startswith("ko") else "en"]
    table = Table(words["file"], bundle.positive, words["band"], title=_title(bundle), title_justify="left")
    refused = 0
    for answer in answers:
        table.add_row(*_cells(answer, bundle, words, language))
        refused += answer.refusal is not None
    width = None if sys.stdout.isatty() else 1000  # a pipe has no edge: nothing is folded there
    Console(width=width).print(table)
    return refused


def _title(bundle: Bundle) -> str:
    points = bundle.thresholds
    return f"{bundle.name} {bundle.version} ({points.sensitive:.3f} / {points.specific:.3f})"


def _cells(answer: Answer, bundle: Bundle, words: dict[str, str], language: str) -> tuple[str, str, str]:
    name = escape(str(answer.file))
    if answer.refusal is not None:
        error = answer.refusal
        return name, "-", escape(f"{error.code}: {error.message(language)} {error.next_step(language)}")
    probability = (answer.probabilities or {})[bundle.positive]
    band = answer.band or ""
    return name, f"{probability:.1%}", f"[{_STYLES[band]}]{words[band]}[/]"
