"""`--set name=value`: a recipe with other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from training.errors import WorkshopError
from training.recipe import Recipe

FIXED = ("name", "title", "published", "parameters", "build_model")
PARTS = ("augmentation", "preprocessing", "network")


def with_settings(recipe: Recipe, settings: Iterable[str]) -> Recipe:
    """The recipe with values set, e.g. "epochs=5", "augmentation.rotation=15", "network.width=32".

    Raises:
        WorkshopError: no "=", a name that the recipe doesn't have, or a value of another kind.
    """
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise WorkshopError(f"--set takes name=value, not {setting!r}.")
        recipe = _with_value(recipe, name.strip(), text.strip())
    return recipe


def _with_value(recipe: Recipe, name: str, text: str) -> Recipe:
    part, dot, inner = name.partition(".")
    names = setting_names(recipe)
    if name not in names:
        raise WorkshopError(f"{recipe.name} has no value {name!r}. It has: {', '.join(names)}.")
    if not dot:
        return replace(recipe, **{name: _read(name, text, getattr(recipe, name))})
    holder = getattr(recipe, part)
    if isinstance(holder, Mapping):
        return replace(recipe, network={**holder, inner: _read(name, text, holder[inner])})
    try:
        return replace(recipe, **{part: replace(holder, **{inner: _read(name, text, getattr(holder, inner))})})
    except ValueError as error:
        raise WorkshopError(f"{name}={text}: {error}") from error


def setting_names(recipe: Recipe) -> list[str]:
    """Every name that --set knows for this recipe."""
    plain = [f.name for f in fields(recipe) if f.name not in (*FIXED, *PARTS)]
    inner = [f"{part}.{f.name}" for part in PARTS[:2] for f in fields(getattr(recipe, part)) if f.name != "version"]
    return plain + inner + [f"network.{name}" for name in recipe.network]


def _read(name: str, text: str, now: Any) -> Any:
    """The text as the kind of value that stands there now."""
    if isinstance(now, bool):
        if text.lower() not in ("true", "false"):
            raise WorkshopError(f"{name} is true or false, not {text!r}.")
        return text.lower() == "true"
    try:
        return type(now)(text)
    except ValueError as error:
        raise WorkshopError(f"{name} is {type(now).__name__}, like {now!r}; {text!r} is not.") from error
