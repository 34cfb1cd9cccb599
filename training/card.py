"""The model card: what a person says about the model (a TOML file) and what was measured, as one Markdown page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.card_figures import HELD_OUT, bands_part, calibration_part, counted, table, told
from training.cost import told_cost
from training.errors import WorkshopError
from training.manifest import Manifest

SPOKEN = ("title", "intended_use", "users", "data", "licence", "population", "limits", "monitoring")
FIGURES = ("accuracy", "sensitivity", "specificity")
POINTS = {"at_half": "0.5", "at_sensitive": "sensitive", "at_specific": "specific"}


def read_texts(path: Path) -> dict[str, Any]:
    """The spoken part of a card; WorkshopError names every field that is missing or empty."""
    if not path.is_file():
        raise WorkshopError(f"There is no card file {path}. Copy training/cards/pneumonia.toml and fill it in.")
    texts = tomllib.loads(path.read_text())
    empty = [name for name in (*SPOKEN, "scope") if not texts.get(name) or not str(texts[name]).strip()]
    if empty:
        raise WorkshopError(f"The card {path} has no {', '.join(empty)}. A model is not published without it.")
    return texts


def write_card(manifest: Manifest, texts: Mapping[str, Any], name: str, version: str, cost: Mapping[str, float]) -> str:
    """The page; `cost` is that of one picture (`training.cost`). WorkshopError says which measurement is missing."""
    held_out, labelled = measured_sets(manifest)
    judged, positive = [held_out, *labelled], manifest.facts["data"]["positive"]
    forms = [found for found in manifest.evaluations().values() if found["kind"] == "forms"]
    parts = [
        f"# {texts['title']}: {name} {version}",
        *(f"## {heading}\n\n{texts[field].strip()}" for heading, field in _spoken_headings()),
        _data_section(manifest),
        f"## Operating points\n\n{_points(held_out)}",
        f"## Calibration\n\n{calibration_part(held_out, judged)}",
        f"## Performance\n\n{_performance(judged)}",
        f"## Bands\n\n{bands_part(judged, positive)}",
        *(_forms_section(found) for found in forms),
        f"## Cost\n\n{told_cost(cost)}",
        _making_section(manifest),
        f"## How to monitor it\n\n{texts['monitoring'].strip()}",
        *([f"## 한국어\n\n{texts['korean'].strip()}"] if texts.get("korean") else []),
    ]
    return "\n\n".join(parts) + "\n"


def measured_sets(manifest: Manifest) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The figures of the held-out patients and of the other labelled sets; WorkshopError where one is missing."""
    evaluations = manifest.evaluations()
    labelled = [
        found for found in evaluations.values() if found["kind"] == "labelled" and found["name"] != "validation"
    ]
    if "validation" not in evaluations or not labelled:
        raise WorkshopError(
            f"{manifest.run} was measured on {sorted(evaluations) or 'nothing'}; a card needs its held-out patients "
            "and at least one other set: python -m training evaluate RUN OTHER_DATA"
        )
    return evaluations["validation"], labelled


def _spoken_headings() -> list[tuple[str, str]]:
    return [
        ("Intended use", "intended_use"),
        ("Users", "users"),
        ("Population", "population"),
        ("Limits", "limits"),
        ("Data", "data"),
        ("Licence", "licence"),
    ]


def _data_section(manifest: Manifest) -> str:
    data, split = manifest.facts["data"], manifest.facts["split"]
    lines = [
        f"- {side}: {counted(split[side]['images'])}; {len(split[side]['patients'])} patients"
        for side in ("train", "validation")
    ]
    return (
        f"## Split\n\nDivided by patient, none on both sides, seed {manifest.facts['seed']}.\n\n"
        + "\n".join(lines)
        + f"\n- fingerprint of the data: `{data['fingerprint']}`"
    )


def _points(held_out: Mapping[str, Any]) -> str:
    points = held_out["thresholds"]
    return (
        f"- sensitive: {points['sensitive']}. A probability below it is in the band *unlikely*.\n"
        f"- specific: {points['specific']}. A probability from it on is in the band *likely*; between the two, "
        f"*uncertain*.\n\n{held_out['thresholds_chosen']} {_choice_sentence(held_out)}"
    )


def _choice_sentence(held_out: Mapping[str, Any]) -> str:
    name = held_out.get("chosen_on", HELD_OUT)
    if name == HELD_OUT:
        return "Chosen on validation patients only, on no other set."
    return f"Chosen on {name}, which the figures of {name} below therefore flatter."


def _performance(evaluations: Sequence[Mapping[str, Any]]) -> str:
    rows = [_row(found, point) for found in evaluations for point in POINTS if point in found]
    notes = [note for found in evaluations for note in _set_notes(found)]
    told_once = (
        "With 95 % intervals by patient (bootstrap; exact where there is no miss); the positive class is the one the "
        "thresholds speak of."
    )
    figures = table(("set", "images", "AUC", "at", *FIGURES), rows)
    return "\n\n".join([told_once, figures, *(["\n".join(notes)] if notes else [])])


def _row(found: Mapping[str, Any], point: str) -> list[str]:
    first = point == "at_half"
    left = [found["name"], counted(found["images"]), told(found["auc"])] if first else ["", "", ""]
    return [*left, POINTS[point], *(told(found[point][figure]) for figure in FIGURES)]


def _set_notes(found: Mapping[str, Any]) -> list[str]:
    notes = []
    if found["left_out"]:
        notes.append(f"- {found['name']}: {found['left_out']} images of classes the model does not know were left out.")
    if even := found.get("even_taught"):
        notes.append(
            f"- {found['name']}: the model learned from {even['patients']} of these patients: the figures flatter it."
        )
    for label, calls in found.get("classes", {}).get("confusion", {}).items():
        called = ", ".join(f"{count} {other}" for other, count in calls.items())
        notes.append(f"- {found['name']}, {label} called: {called}.")
    if found.get("taught_patients"):
        notes.append(
            f"- {found['name']}: {found['taught_patients']} of {found['patients']} patients carry a name that also "
            "stands in the training part."
        )
    return notes


def _forms_section(found: Mapping[str, Any]) -> str:
    return (
        f"## The same pictures in another form: {found['name']}\n\n"
        f"{found['pairs']} pictures in the form of training and in another one. Absolute difference in probability: "
        f"median {found['median']}, 95th percentile {found['percentile_95']}, largest {found['largest']}; the mean "
        f"signed difference is {found['mean_signed']}. The band changes for {found['changed_bands']} of "
        f"{found['pairs']}, the side of 0.5 for {found['changed_side_of_half']}. The network learned from pictures of "
        f"{found.get('taught_patients', 'an unknown number')} of these patients, so this speaks of the form alone."
    )


def _making_section(manifest: Manifest) -> str:
    recipe, best = manifest.facts["recipe"], manifest.best
    software = ", ".join(f"{name} {version}" for name, version in manifest.facts["software"].items())
    return (
        f"## How it was made\n\nRecipe `{recipe['name']}` ({recipe['title']}), {len(manifest.history)} epochs, of "
        f"which epoch {best['epoch']} has the best validation {recipe['best_by']} and is kept. "
        f"Seed {manifest.facts['seed']}. {software}."
    )
