"""Files to answers with one model in this process: the command line's and the scripts' way to a probability."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from inference.bundle import Bundle
from inference.door import MAX_FILE_BYTES
from inference.engine import Engine, Prediction
from inference.errors import InferenceError, NotScorable, UnsupportedImage, reason
from inference.gate import Gate
from inference.prepare import prepare
from inference.quality import Scope

DEFAULT_BUNDLE = Path(__file__).parent / "bundles" / "pneumonia"
ANSWER_SECONDS = 120.0
_AHEAD = 32  # pictures prepared while the network answers earlier ones


@dataclass(frozen=True)
class Answer:
    """One file's answer: probabilities by class and the band, or the refusal; `notes` are codes of the reasons."""

    file: Path
    pixel_sha256: str | None = None
    probabilities: dict[str, float] | None = None
    band: str | None = None
    notes: tuple[str, ...] = ()
    refusal: InferenceError | None = None

    def to_dict(self, bundle: Bundle, language: str) -> dict[str, object]:
        """As printed by `--json`; sentences in "en" or "ko"."""
        return {
            "file": str(self.file),
            "pixel_sha256": self.pixel_sha256,
            "model": {"name": bundle.name, "version": bundle.version},
            "probabilities": self.probabilities,
            "band": self.band,
            "thresholds": bundle.thresholds.to_dict(),
            "calibrated": bundle.calibrated,
            "notes": [{"code": code, "message": reason(code).message(language)} for code in self.notes],
            "refusal": None if self.refusal is None else _worded(self.refusal, language),
        }


def _worded(error: InferenceError, language: str) -> dict[str, str]:
    return {"code": error.code, "message": error.message(language), "next_step": error.next_step(language)}


def files_under(paths: Iterable[Path]) -> list[Path]:
    """The files named, and every file below the folders named, sorted; hidden ones only where named.

    Raises:
        FileNotFoundError: a path is not there, or a folder holds no file; the message is the sentence.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _files_below(path)
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(f"There is no {path}. Check the path.")
    return found


def _files_below(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file, folder))
    if not files:
        raise FileNotFoundError(f"{folder} holds no files. Name a folder with X-rays in it.")
    return files


def _is_hidden(file: Path, below: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(below).parts)


@contextmanager
def open_engine(bundle: Bundle) -> Iterator[Engine]:
    """An engine with the bundle's network; closed at the end."""
    from inference.runtime import load_network  # TensorFlow takes seconds: not for a mistyped path

    engine = Engine(load_network(bundle))
    try:
        yield engine
    finally:
        engine.close()


def answer_files(files: Iterable[Path], bundle: Bundle, engine: Engine, gate: Gate | None = None) -> Iterator[Answer]:
    """One answer per file, in order; a file that is refused is an answer with its refusal, never an exception.

    Args:
        gate: asked what it sees in each picture, as the readers of the product ask it; None: it is not asked.
    """
    waiting: deque[tuple[Answer, Future[Prediction] | None]] = deque()
    for file in files:
        waiting.append(_asked(file, bundle, engine, gate))
        if len(waiting) > _AHEAD:
            yield _answered(*waiting.popleft(), bundle)
    while waiting:
        yield _answered(*waiting.popleft(), bundle)


def _asked(file: Path, bundle: Bundle, engine: Engine, gate: Gate | None) -> tuple[Answer, Future[Prediction] | None]:
    answer = Answer(file)
    try:
        prepared = prepare(_read(file), {"input": bundle.preprocessing}, Scope.from_dict(bundle.scope), gate)
        answer = Answer(file, prepared.radiograph.pixel_sha256, notes=prepared.verdict.notes)
        if not prepared.verdict.passed:
            raise NotScorable(prepared.verdict.refusals[0])
        return answer, engine.predict(prepared.arrays["input"], timeout_s=ANSWER_SECONDS)
    except InferenceError as error:
        return replace(answer, refusal=error), None


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise UnsupportedImage("too_large_file", limit_mb=MAX_FILE_BYTES // 2**20)
        return file.read_bytes()
    except OSError as error:
        raise UnsupportedImage("file_not_readable") from error


def _answered(answer: Answer, asked: Future[Prediction] | None, bundle: Bundle) -> Answer:
    if asked is None:
        return answer
    try:
        probabilities = asked.result(ANSWER_SECONDS).probabilities
    except InferenceError as error:
        return replace(answer, refusal=error)
    return replace(answer, probabilities=probabilities, band=bundle.thresholds.band(probabilities[bundle.positive]))
