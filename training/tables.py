"""Answers as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from training.card import FIGURES, POINTS, told
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
    lines += [_predictive_line(at) for at in found.get("predictive_values", [])]
    lines += [
        _group_line(column, kind, group)
        for column, kinds in found.get("groups", {}).items()
        for kind, group in kinds.items()
    ]
    if "classes" in found:
        lines.append(f"all classes: accuracy {told(found['classes']['accuracy'])}")
        lines += [f"  {label} called {calls}" for label, calls in found["classes"]["confusion"].items()]
    lines += [
        f"fold {fold['fold']}: accuracy {fold['validation_accuracy']:.4f}, AUC {fold['validation_auc']:.4f}"
        for fold in found.get("folds", [])
    ]
    if found.get("taught_patients"):
        lines.append(f"{found['taught_patients']} patients carry a name that the run learned from")
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


OF_SCORES = {"average_precision": "average precision", "brier": "Brier score", "calibration_error": "calibration error"}


def _predictive_line(at: Mapping[str, Any]) -> str:
    values = "; ".join(
        f"at {words} " + " / ".join("none" if value is None else f"{value:.3f}" for value in at[point])
        for point, words in POINTS.items()
        if point in at
    )
    return f"predictive values (positive / negative) at a prevalence of {at['prevalence']:.1%}: {values}"


def _group_line(column: str, kind: str, group: Mapping[str, Any]) -> str:
    called = "too few" if group["called_at_half"] is None else f"{group['called_at_half']:.1%} called positive at 0.5"
    return f"{column} {kind}: {group['images']} images, {group['positive']} positive; {called}"


def forms_table(found: Mapping[str, Any]) -> str:
    """How far the probabilities of the same pictures in two forms lie apart."""
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items() if name != "kind")
