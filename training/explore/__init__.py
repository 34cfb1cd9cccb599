"""What there is to know of a data set before anything is trained on it: `python -m training explore DATA`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.explore.copies import find_copies
from training.explore.findings import findings
from training.explore.page import write_page
from training.explore.parts import Part, with_same_spelling
from training.explore.patients import patients_of
from training.explore.shortcuts import shift_of, shortcuts_of
from training.explore.survey import Survey
from training.progress import Progress

PAGE, FACTS = "explore.html", "explore.json"


def explore(name: str, parts: Sequence[Part], out: Path, progress: Progress) -> dict[str, Any]:
    """Look at every image once, write explore.html and explore.json into `out`, and return what the latter holds.

    Args:
        name: of the data set. parts: its splits, and those of another population beside it.
    """
    parts = with_same_spelling(parts)
    with tempfile.TemporaryDirectory(prefix="explore-") as folder:
        survey = Survey.of(parts, Path(folder), progress)
        found: dict[str, Any] = {"name": name} | survey.counted()
        found["shortcuts"] = [told for group in survey.groups() if (told := shortcuts_of(survey, group))]
        found["shifts"] = shift_of(survey)
        found["copies"] = find_copies(survey, progress)
        found["patients"] = patients_of(parts)
        found["findings"] = findings(found)
        out.mkdir(parents=True, exist_ok=True)
        (out / FACTS).write_text(json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        write_page(out / PAGE, found, survey)
    return found


def told(found: dict[str, Any], out: Path) -> str:
    """The findings for people."""
    counts = [
        f"{part}: " + ", ".join(f"{count:,} {label}" for label, count in of["images"].items())
        for part, of in found["parts"].items()
    ]
    lines = [f"- {of['text']}" for of in found["findings"]] or ["Nothing stands out."]
    return "\n".join([*counts, "", *lines, "", f"The page: {out / PAGE}"])
