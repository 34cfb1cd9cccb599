"""The folder of a data set: every file appears complete, the list last; what an interrupted export left is used."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

LISTING = "dataset.csv"
ABOUT = "dataset.json"
CHECKSUMS = "checksums.txt"
FORMAT = "pneumo-dataset-1"


class FolderRefused(Exception):
    """The folder can't take this export; the text says why, and what to do."""


class DataSetFolder:
    """One data set on disk.

    Attributes:
        root: the folder. about: what its dataset.json said when it was opened, empty for a new one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.about = _read_about(root)
        self._checksums = _read_checksums(root / CHECKSUMS)

    def earlier_sides(self) -> dict[str, str]:
        """Picture -> side of the split, by the list that is there."""
        if not (self.root / LISTING).exists():
            return {}
        with (self.root / LISTING).open(newline="", encoding="utf-8") as file:
            return {row["path"]: row["split"] for row in csv.DictReader(file)}

    def begin(self) -> None:
        """Make the folder, for its owner alone; it holds pictures of patients."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def kept(self, name: str) -> str:
        """sha256 of a picture that is there and whole; empty where it has to be written."""
        path = self.root / name
        if not path.is_file():
            return ""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return digest if self._checksums.get(name, digest) == digest else ""

    def write(self, name: str, data: bytes) -> str:
        """A file in one step; its sha256."""
        path = self.root / name
        path.parent.mkdir(mode=0o700, exist_ok=True, parents=True)
        part = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return hashlib.sha256(data).hexdigest()

    def write_about(self, about: Mapping[str, Any]) -> None:
        """Replace dataset.json."""
        text = json.dumps({"format": FORMAT, **about}, indent=1, ensure_ascii=False) + "\n"
        self.write(ABOUT, text.encode())

    def write_listing(self, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
        """Replace dataset.csv, rows in the order of their paths, which says nothing about time."""
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: row["path"]))
        self.write(LISTING, out.getvalue().encode())

    def write_checksums(self, checksums: Mapping[str, str]) -> None:
        """Replace checksums.txt, as `sha256sum --check` reads it."""
        self.write(CHECKSUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(checksums.items())).encode())

    def sweep(self, wanted: Iterable[str]) -> int:
        """Delete pictures that no list names any more, and what a killed export left; how many pictures went."""
        wanted, gone = set(wanted), 0
        for path in self.root.glob("images/*/*"):
            if path.relative_to(self.root).as_posix() not in wanted:
                gone += path.suffix == ".png"
                path.unlink()
        for part in self.root.glob(".*.part"):
            part.unlink()
        return gone


def _read_about(root: Path) -> dict[str, Any]:
    if not root.exists():
        return {}
    if not root.is_dir():
        raise FolderRefused(f"{root} is a file. Name a folder that is empty or not there.")
    if not any(root.iterdir()):
        return {}
    try:
        about: dict[str, Any] = json.loads((root / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        about = {}
    if about.get("format") != FORMAT:
        raise FolderRefused(
            f"{root} holds files, and no earlier export ({ABOUT}). Name a folder that is empty or not there."
        )
    return about


def _read_checksums(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.partition("  ") for line in path.read_text("utf-8").splitlines())
    return {name: digest for digest, _, name in lines}
