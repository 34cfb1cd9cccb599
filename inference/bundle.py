"""The model directory: what training writes and serving reads. Nothing of it is trusted before every checksum fits."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.calibration import Calibration
from inference.errors import BundleRejected
from inference.preprocessing import Preprocessing
from inference.quality import Scope

FORMAT = 1
NETWORK, FACTS, CARD, CHECKSUMS = ("model.keras", "bundle.json", "card.md", "checksums.txt")
CONTENT = (FACTS, CARD, NETWORK)
_LINE = re.compile(r"([0-9a-f]{64})  ([a-z.]+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REQUIRED: Mapping[str, type] = {
    "format": int,
    "name": str,
    "version": str,
    "classes": list,
    "positive": str,
    "output": dict,
    "preprocessing": dict,
    "thresholds": dict,
    "calibration": dict,
    "scope": dict,
    "data": dict,
    "metrics": dict,
    "software": dict,
    "seed": int,
}


@dataclass(frozen=True)
class Thresholds:
    """Two operating points on the probability of the positive class, 0 <= sensitive <= specific <= 1."""

    sensitive: float
    specific: float

    def __post_init__(self) -> None:
        if not 0 <= self.sensitive <= self.specific <= 1:
            raise ValueError(f"thresholds must be 0 <= sensitive <= specific <= 1, not {self}")

    def band(self, probability: float) -> str:
        """ "unlikely" below the sensitive point, "likely" from the specific point on, "uncertain" between.

        Raises:
            ValueError: the number is no probability.
        """
        if not 0 <= probability <= 1:
            raise ValueError(f"{probability} is no probability")
        if probability < self.sensitive:
            return "unlikely"
        return "likely" if probability >= self.specific else "uncertain"

    def to_dict(self) -> dict[str, float]:
        """As written into bundle.json."""
        return asdict(self)


@dataclass(frozen=True)
class Output:
    """What the numbers that leave the network mean.

    Attributes:
        kind: "sigmoid": one number, the probability of the class `of`; "softmax": one per class, in the bundle's order.
        of: the class of a sigmoid's number; empty for a softmax.
    """

    kind: str
    of: str = ""

    def width(self, classes: tuple[str, ...]) -> int:
        """How many numbers per picture the network gives."""
        return 1 if self.kind == "sigmoid" else len(classes)

    def per_class(self, raw: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
        """(N, width) raw numbers -> float32 (N, len(classes)) in the order of `classes`."""
        if self.kind == "softmax":
            return raw.astype(np.float32)
        columns = [raw[:, 0] if name == self.of else 1 - raw[:, 0] for name in classes]
        return np.stack(columns, axis=1).astype(np.float32)

    def fits(self, classes: tuple[str, ...]) -> bool:
        """Whether the kind is known and belongs to these classes."""
        if self.kind == "sigmoid":
            return len(classes) == 2 and self.of in classes
        return self.kind == "softmax" and self.of == ""


@dataclass(frozen=True)
class Bundle:
    """One verified model version.

    Attributes:
        directory: where it lies. sha256: hex digest of checksums.txt; it changes with any byte of any file.
        name, version: of the model. classes: in order. positive: the class the thresholds speak of.
        output: how the network's numbers become probabilities. preprocessing: what its input was made by.
        calibration: {"method": "none"} where probabilities are the network's own; see inference.calibration.
        scope: for whom the model was made; see inference.quality.Scope. metrics: figures with 95 % intervals.
        facts: all of bundle.json. card: the model card, Markdown.
    """

    directory: Path
    sha256: str
    name: str
    version: str
    classes: tuple[str, ...]
    positive: str
    output: Output
    preprocessing: Preprocessing
    thresholds: Thresholds
    calibration: Mapping[str, Any]
    scope: Mapping[str, Any]
    metrics: Mapping[str, Any]
    facts: Mapping[str, Any]
    card: str

    @classmethod
    def open(cls, directory: Path | str) -> Bundle:
        """Verify every file, then read it.

        Raises:
            BundleRejected: bundle_incomplete (a file or field is missing), bundle_altered (a file differs from its
                checksum, is a link or was not there when the bundle was written), bundle_foreign (not our format).
        """
        folder = Path(directory)
        checksums = _verified_checksums(folder)
        contents = {name: _matching_bytes(folder / name, digest) for name, digest in checksums.items()}
        digest = hashlib.sha256(_checksum_text(checksums).encode()).hexdigest()
        return _assembled(folder, digest, _facts(contents[FACTS]), contents[CARD].decode("utf-8", "replace"))

    @property
    def network_path(self) -> Path:
        """The Keras file; safe to load, its checksum fitted when the bundle was opened."""
        return self.directory / NETWORK

    @property
    def calibrated(self) -> bool:
        """Whether the probabilities were fitted to observed frequencies."""
        return bool(self.calibration["method"] != "none")

    def per_class(self, raw: np.ndarray) -> np.ndarray:
        """The network's numbers (N, width) as probabilities, calibrated where it is so, float32 (N, len(classes))."""
        chances = self.output.per_class(raw, self.classes)
        calibration = Calibration.from_dict(self.calibration)
        return calibration.applied(chances, self.classes.index(self.positive)) if calibration else chances


def write_bundle(directory: Path, facts: Mapping[str, Any], card: str, network: bytes) -> Bundle:
    """Write a new model directory and open it; nothing is left behind where it is refused.

    Args:
        directory: must not exist. facts: the fields of REQUIRED but `format`, and any others that JSON can hold.
        network: the bytes of a .keras file without optimizer state.
    Raises:
        FileExistsError: a published version is never overwritten.
        BundleRejected: a field is missing or does not fit the others.
    """
    part = directory.with_name(f".{directory.name}.part")
    if directory.exists():
        raise FileExistsError(f"{directory} exists; a published version is never overwritten")
    text = json.dumps({"format": FORMAT, **facts}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    contents = {FACTS: text.encode(), CARD: card.encode(), NETWORK: network}
    part.mkdir(parents=True)
    try:
        for name, content in contents.items():
            (part / name).write_bytes(content)
        checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        (part / CHECKSUMS).write_text(_checksum_text(checksums))
        Bundle.open(part)
        part.rename(directory)
    finally:
        _remove(part)
    return Bundle.open(directory)


def _remove(part: Path) -> None:
    if part.is_dir():
        for path in part.iterdir():
            path.unlink()
        part.rmdir()


def _checksum_text(checksums: Mapping[str, str]) -> str:
    """The form that `sha256sum --check` reads."""
    return "".join(f"{checksums[name]}  {name}\n" for name in CONTENT)


def _verified_checksums(folder: Path) -> dict[str, str]:
    """File name to digest; the folder holds exactly our files, all of them plain."""
    if not folder.is_dir() or not (folder / CHECKSUMS).exists():
        raise BundleRejected("bundle_incomplete", file=CHECKSUMS)
    for path in sorted(folder.iterdir()):
        if path.name not in (*CONTENT, CHECKSUMS) or path.is_symlink() or not path.is_file():
            raise BundleRejected("bundle_altered", file=path.name)
    if missing := [name for name in CONTENT if not (folder / name).exists()]:
        raise BundleRejected("bundle_incomplete", file=missing[0])
    return _parsed_checksums((folder / CHECKSUMS).read_bytes())


def _parsed_checksums(content: bytes) -> dict[str, str]:
    lines = content.decode("ascii", "replace").split("\n")
    found = [match.groups() for line in lines if (match := _LINE.fullmatch(line))]
    checksums = {name: digest for digest, name in found}
    if set(checksums) != set(CONTENT) or _checksum_text(checksums).encode() != content:
        raise BundleRejected("bundle_altered", file=CHECKSUMS)
    return checksums


def _matching_bytes(path: Path, digest: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleRejected("bundle_altered", file=path.name)
    return content


def _facts(content: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(content)
    except ValueError as error:
        raise BundleRejected("bundle_foreign", file=FACTS, field="JSON") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise BundleRejected("bundle_foreign", file=FACTS, field="format")
    for name, kind in REQUIRED.items():
        if name not in facts:
            raise BundleRejected("bundle_incomplete", file=f"{FACTS}: {name}")
        if type(facts[name]) is not kind:
            raise BundleRejected("bundle_foreign", file=FACTS, field=name)
    return facts


def _assembled(folder: Path, sha256: str, facts: dict[str, Any], card: str) -> Bundle:
    field = "name"
    try:
        _require(all(_NAME.fullmatch(facts[field := name]) for name in ("name", "version")))
        field = "classes"
        classes = tuple(facts["classes"])
        _require(len(set(classes)) == len(classes) >= 2 and all(isinstance(c, str) and c for c in classes))
        field = "positive"
        _require(facts["positive"] in classes)
        field = "output"
        output = Output(**facts["output"])
        _require(output.fits(classes))
        field = "preprocessing"
        preprocessing = Preprocessing.from_dict(facts["preprocessing"])
        field = "thresholds"
        thresholds = Thresholds(*(float(facts["thresholds"][point]) for point in ("sensitive", "specific")))
        field = "scope"
        Scope.from_dict(facts["scope"])
        field = "calibration"
        calibration = Calibration.from_dict(facts["calibration"])
        _require(calibration is None or calibration.fits(len(classes)))
        field = "card"
        _require(bool(card.strip()))
    except (ValueError, TypeError, KeyError) as error:
        raise BundleRejected("bundle_foreign", file=FACTS, field=field) from error
    return Bundle(
        directory=folder,
        sha256=sha256,
        name=facts["name"],
        version=facts["version"],
        classes=classes,
        positive=facts["positive"],
        output=output,
        preprocessing=preprocessing,
        thresholds=thresholds,
        calibration=facts["calibration"],
        scope=facts["scope"],
        metrics=facts["metrics"],
        facts=facts,
        card=card,
    )


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError("the field does not fit")
