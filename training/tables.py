"""Answers as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from training.card import FIGURES, POINTS
from training.card_figures import told
from training.recipe import Recipe


def recipes_table(recipes: Iterable[Recipe]) -> str:
    """One paragraph per recipe."""
    return "\n".join(
        f"{recipe.name}  {recipe.title}\n"
        f"  parameters: {sum(recipe.parameters):,} ({recipe.parameters[0]:,} trainable)\n"
        f"  published: {recipe.published}"
        for recipe in recipes
    )


def evaluation_table(found: Mapping[str, Any]) -> str:
    """The figures of one set, a line each, with their 95 % intervals."""
    counted = ", ".join(f"{count:,} {label}" for label, count in found["images"].items())
    lines = [f"{found['name']}: {counted}; {found['patients']:,} patients", f"AUC {told(found['auc'])}"]
    lines += [f"{words} {told(found[name])}" for name, words in OF_SCORES.items() if name in found]
    for point in POINTS:
        if point in found:
            figures = ", ".join(f"{name} {told(found[point][name])}" for name in FIGURES)
            lines.append(f"at {POINTS[point]} ({found[point]['threshold']}): {figures}")
            lines.append("  " + ", ".join(f"{n.replace('_', ' ')} {c}" for n, c in found[point]["confusion"].items()))
    lines += [f"{band}: {images}" for band, images in found.get("bands", {}).items()]
    lines += _calibration_lines(found)
    lines += [_predictive_line(at) for at in found.get("predictive_values", [])]
    lines += [
        _group_line(column, kind, group)
        for column, kinds in found.get("groups", {}).items()
        for kind, group in kinds.items()
    ]
    lines += _class_lines(found["classes"]) if "classes" in found else []
    lines += [
        f"fold {fold['fold']}: accuracy {fold['validation_accuracy']:.4f}, AUC {fold['validation_auc']:.4f}"
        for fold in found.get("folds", [])
    ]
    lines += taught_lines(found)
    if found["left_out"]:
        lines.append(f"{found['left_out']} images of classes the model does not know were left out")
    outside = (
        [
            "",
            f"OUTSIDE: AUC {told(found['auc'])} here, {told(found['outside']['auc'])} there",
            evaluation_table(found["outside"]),
        ]
        if "outside" in found
        else []
    )
    return "\n".join([*lines, found.get("thresholds_chosen", ""), *outside]).rstrip()


OF_SCORES = {
    "average_precision": "average precision",
    "sensitivity_at_95": "sensitivity at 95 % specificity",
    "specificity_at_95": "specificity at 95 % sensitivity",
    "brier": "Brier score",
    "calibration_error": "calibration error",
    "calibration_by_chance": "calibration error that chance alone gives on so many images",
}


def _calibration_lines(found: Mapping[str, Any]) -> list[str]:
    before = found.get("uncalibrated", {})
    return [f"{OF_SCORES[name]} before calibration {told(figure)}" for name, figure in before.items()]


def _class_lines(found: Mapping[str, Any]) -> list[str]:
    lines = [f"all classes: accuracy {told(found['accuracy'])}, macro AUC {told(found['macro_auc'])}"]
    for label, calls in found["confusion"].items():
        called = ", ".join(f"{other} {count}" for other, count in calls.items())
        lines.append(f"  {label} called {called}; sensitivity {told(found['sensitivity'][label])}")
    return lines


def taught_lines(found: Mapping[str, Any]) -> list[str]:
    """What is known of patients whom the model learned from."""
    lines = []
    if even := found.get("even_taught"):
        lines.append(
            f"THE MODEL LEARNED FROM {even['patients']} OF THESE PATIENTS ({even['pictures']} of the files): "
            "these figures flatter it"
        )
    if found.get("taught_patients"):
        lines.append(f"{found['taught_patients']} patients carry a name that the run learned from")
    if found.get("taught_unknown"):
        lines.append("whether the model learned from some of these patients can't be known from a bundle")
    return lines


def _predictive_line(at: Mapping[str, Any]) -> str:
    values = "; ".join(
        f"at {words} {told(at[point]['positive'])} / {told(at[point]['negative'])}"
        for point, words in POINTS.items()
        if point in at
    )
    return f"predictive values (positive / negative) at a prevalence of {at['prevalence']:.1%}: {values}"


def _group_line(column: str, kind: str, group: Mapping[str, Any]) -> str:
    counted = f"{column} {kind}: {group['images']} images, {group['positive']} positive"
    figures = ", ".join(f"{name} {told(group[name])}" for name in FIGURES[1:] if name in group)
    return f"{counted}; {figures}" if figures else f"{counted}; too few"


def forms_table(found: Mapping[str, Any]) -> str:
    """How far the probabilities of the same pictures in two forms lie apart."""
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items() if name != "kind")
