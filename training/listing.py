"""A data set as a list: a CSV file with path, label, patient and any other column."""

from __future__ import annotations

import csv
from pathlib import Path

from training.errors import WorkshopError

NEEDED = ("path", "label")
ENCODINGS = ("utf-8-sig", "cp949")  # what spreadsheets in Korea save
NAMED_AT_MOST = 5
LISTING = "dataset.csv"  # of a folder that `manage.py export_dataset` has written


def list_in(source: Path) -> Path:
    """The list of a folder that has one, else what was named."""
    return source / LISTING if (source / LISTING).is_file() else source


def read_rows(path: Path, split: str | None = None) -> list[dict[str, str]]:
    """The rows of a list in their order, values without outer blanks; paths in it are relative to the file.

    Args:
        split: keep the rows whose column "split" has this value.

    Raises:
        WorkshopError: no CSV, a needed column or a label is missing, a file is missing or listed twice, or the list
            is divided into splits and none is named.
    """
    rows = _chosen(path, _read(path), split)
    for line, row in enumerate(rows, start=2):
        if not row["path"] or not row["label"]:
            raise WorkshopError(f"{path}: a row near line {line} has no path or no label: {row}")
    _refuse_doubled(path, rows)
    _refuse_missing(path, rows)
    return rows


def splits_in_list(path: Path) -> list[str]:
    """The values of the column "split" where there are several (rows without one are a split named "")."""
    splits = sorted({row.get("split", "") for row in _read(path)})
    return splits if len(splits) > 1 else []


def _read(path: Path) -> list[dict[str, str]]:
    reader = csv.DictReader(_text(path).splitlines())
    columns = [name.strip() for name in reader.fieldnames or ()]
    if absent := [name for name in NEEDED if name not in columns]:
        raise WorkshopError(f"{path} has no column {' and no column '.join(absent)}; it has {columns}.")
    reader.fieldnames = columns
    return [{name: (row.get(name) or "").strip() for name in columns} for row in reader]


def _text(path: Path) -> str:
    for encoding in ENCODINGS:
        try:
            return path.read_text(encoding)
        except UnicodeDecodeError:
            continue
    raise WorkshopError(f"{path} is no text: a CSV file in UTF-8 is needed.")


def _chosen(path: Path, rows: list[dict[str, str]], split: str | None) -> list[dict[str, str]]:
    splits = sorted({row.get("split", "") for row in rows} - {""})
    if split is None and len(splits) > 1:
        raise WorkshopError(f"{path} is divided into {splits}: name one of them with --split.")
    chosen = [row for row in rows if split is None or row.get("split") == split]
    if not chosen:
        raise WorkshopError(f"{path} has no row" + (f" of the split {split!r}; it has {splits}." if split else "."))
    return chosen


def _refuse_doubled(path: Path, rows: list[dict[str, str]]) -> None:
    seen: set[str] = set()
    if doubled := [row["path"] for row in rows if row["path"] in seen or seen.add(row["path"])]:  # type: ignore[func-returns-value]
        raise WorkshopError(f"{path} lists {len(doubled)} files twice: {', '.join(doubled[:NAMED_AT_MOST])}")


def _refuse_missing(path: Path, rows: list[dict[str, str]]) -> None:
    missing = [row["path"] for row in rows if not (path.parent / row["path"]).is_file()]
    if missing:
        raise WorkshopError(
            f"{len(missing)} of {len(rows)} files of {path} are not there (paths are relative to the list): "
            + ", ".join(missing[:NAMED_AT_MOST])
        )
