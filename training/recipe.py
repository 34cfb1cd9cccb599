"""A recipe: a page of named values and a network. Adding one is copying a file of `recipes/`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.errors import WorkshopError


@dataclass(frozen=True)
class Recipe:
    """Everything a run needs besides the data; each value carries its reason in the recipe's own file.

    Attributes:
        build_model: no arguments, returns a Keras model without compilation; it rescales uint8 in its first layer.
        learns: which class the single sigmoid output is the probability of, "positive" or "negative".
        parameters: (trainable, not trainable), as published; a test counts them.
        validation_share: share of the patients held out of training to steer the schedule and choose thresholds.
        best_by: the validation figure ("auc" or "accuracy") whose best epoch is kept.
    """

    name: str
    title: str
    published: str
    parameters: tuple[int, int]
    build_model: Callable[[], Any] = field(repr=False)
    preprocessing: Preprocessing
    augmentation: Augmentation
    learns: str
    optimizer: str
    learning_rate: float
    loss: str
    batch_size: int
    epochs: int
    plateau_watches: str
    plateau_patience: int
    plateau_factor: float
    plateau_floor: float
    best_by: str
    validation_share: float

    def to_dict(self) -> dict[str, Any]:
        """The values as written into a run's manifest (all but the function)."""
        values = asdict(self)
        del values["build_model"]
        return values


def recipe_names() -> list[str]:
    """The names of the recipes that come with the product."""
    from training import recipes

    return sorted(module.name for module in pkgutil.iter_modules(recipes.__path__))


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; WorkshopError lists the names there are."""
    if name not in recipe_names():
        raise WorkshopError(f"There is no recipe {name!r}. There are: {', '.join(recipe_names())}.")
    recipe: Recipe = importlib.import_module(f"training.recipes.{name}").RECIPE
    return recipe
