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
    for point in POINTS:
        if point in found:
            figures = ", ".join(f"{name} {told(found[point][name])}" for name in FIGURES)
            lines.append(f"at {POINTS[point]} ({found[point]['threshold']}): {figures}")
            lines.append("  " + ", ".join(f"{n.replace('_', ' ')} {c}" for n, c in found[point]["confusion"].items()))
    lines += [f"{band}: {images}" for band, images in found.get("bands", {}).items()]
    if found.get("taught_patients"):
        lines.append(f"{found['taught_patients']} patients carry a name that the run learned from")
    if found["left_out"]:
        lines.append(f"{found['left_out']} images of classes the model does not know were left out")
    return "\n".join([*lines, found.get("thresholds_chosen", "")]).rstrip()


def forms_table(found: Mapping[str, Any]) -> str:
    """How far the probabilities of the same pictures in two forms lie apart."""
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items() if name != "kind")
