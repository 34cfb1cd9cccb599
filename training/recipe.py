"""A recipe: a page of named values and a network. Adding one is copying a file of `recipes/`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from inference.bundle import Output
from inference.preprocessing import Preprocessing
from training.augment import Augmentation
from training.errors import WorkshopError

CHOICES = {
    "output": ("sigmoid", "softmax"),
    "learns": ("positive", "negative"),
    "optimizer": ("rmsprop", "adam", "adamw"),
    "schedule": ("constant", "plateau", "cosine"),
    "plateau_watches": ("accuracy", "auc", "loss"),
    "balance": ("none", "weights", "batches"),
    "best_by": ("auc", "accuracy", "loss", "last"),
}
SHARES = ("mixup", "style", "label_smoothing", "average", "validation_share")


@dataclass(frozen=True)
class Recipe:
    """Everything a run needs besides the data; each value carries its reason in the recipe's own file.

    Attributes:
        build_model: (outputs, **network) -> a Keras model without compilation; it rescales uint8 in its first layer.
        network: the values of `build_model`.
        output: "sigmoid": one number, two classes; "softmax": one probability per class, in alphabetical order.
        learns: which class a sigmoid is the probability of, "positive" or "negative".
        parameters: (trainable, not trainable), as published; a test counts them.
        schedule: "plateau" lowers the rate after epochs without gain, "cosine" takes it to 0 over all epochs.
        stop_patience: epochs without a gain of `stop_delta` in `best_by` after which training ends; 0: never.
        label_smoothing: share of a label that is spread over all classes. mixup: largest share of another picture.
        style: largest share of the look (the amplitude spectrum) of another training picture, of whatever class.
        balance: "weights" lets each class weigh the same in the loss, "batches" shows each class equally often.
        average: momentum of the moving average of the weights that is judged and kept; 0: the weights themselves.
        best_by: the validation figure whose best epoch is kept; "last" keeps the last one.
        teacher: folder of a run or bundle whose probabilities are learned instead of the labels; "": the labels.
        validation_share: share of the patients held out of training to steer the schedule and choose thresholds.
    """

    name: str
    title: str
    published: str
    parameters: tuple[int, int]
    build_model: Callable[..., Any] = field(repr=False)
    preprocessing: Preprocessing
    augmentation: Augmentation
    learning_rate: float
    batch_size: int
    epochs: int
    network: Mapping[str, Any] = field(default_factory=dict)
    output: str = "sigmoid"
    learns: str = "positive"
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    plateau_watches: str = "accuracy"
    plateau_patience: int = 2
    plateau_factor: float = 0.3
    plateau_floor: float = 1e-6
    stop_patience: int = 0
    stop_delta: float = 0.0
    label_smoothing: float = 0.0
    mixup: float = 0.0
    style: float = 0.0
    balance: str = "none"
    average: float = 0.0
    best_by: str = "auc"
    teacher: str = ""
    validation_share: float = 0.12

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise WorkshopError(f"{name} is one of {', '.join(allowed)}, not {getattr(self, name)!r}.")
        for name in SHARES:
            if not 0 <= getattr(self, name) < 1:
                raise WorkshopError(f"{name} is from 0 to below 1, not {getattr(self, name)}.")
        for name in ("learning_rate", "batch_size", "epochs"):
            if getattr(self, name) <= 0:
                raise WorkshopError(f"{name} is above 0, not {getattr(self, name)}.")

    def to_dict(self) -> dict[str, Any]:
        """The values as written into a run's manifest (all but the function)."""
        values = asdict(self) | {"preprocessing": self.preprocessing.to_dict(), "network": dict(self.network)}
        del values["build_model"]
        if self.teacher:
            from training.distill import named_by_content

            values["teacher"] = named_by_content(Path(self.teacher))
        return values

    def new_network(self, classes: tuple[str, ...]) -> Any:
        """A network with random weights for this number of classes."""
        if self.output == "sigmoid" and len(classes) != 2:
            raise WorkshopError(f"{self.name} tells two classes apart; the data has {len(classes)}: {list(classes)}.")
        network = self.build_model(1 if self.output == "sigmoid" else len(classes), **self.network)
        size = (self.preprocessing.height, self.preprocessing.width)
        if tuple(network.input_shape[1:3]) != size:
            raise WorkshopError(
                f"{self.name} takes pictures of {network.input_shape[1:3]}, the preprocessing makes {size}: set both."
            )
        return network


def output_of(recipe: Mapping[str, Any], classes: tuple[str, ...], positive: str) -> Output:
    """What the numbers that leave a network mean, from the recipe's values as a manifest has them."""
    if recipe.get("output") == "softmax":
        return Output("softmax")
    negative = next(name for name in classes if name != positive)
    return Output("sigmoid", positive if recipe["learns"] == "positive" else negative)


def recipe_names() -> list[str]:
    """The names of the recipes that come with the product."""
    from training import recipes

    return sorted(module.name for module in pkgutil.iter_modules(recipes.__path__))


def find_recipe(name: str) -> Recipe:
    """The recipe of that name, or RECIPE in a Python file; WorkshopError lists the names there are."""
    if name.endswith(".py"):
        return _recipe_in_file(Path(name))
    if name not in recipe_names():
        raise WorkshopError(f"There is no recipe {name!r}. There are: {', '.join(recipe_names())}.")
    recipe: Recipe = importlib.import_module(f"training.recipes.{name}").RECIPE
    return recipe


def _recipe_in_file(path: Path) -> Recipe:
    if not path.is_file():
        raise WorkshopError(f"There is no file {path}.")
    module = ModuleType(path.stem)
    try:
        SourceFileLoader(path.stem, str(path)).exec_module(module)
    except Exception as error:  # the file is somebody's own code
        raise WorkshopError(f"{path} can't be run: {type(error).__name__}: {error}") from error
    recipe = getattr(module, "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise WorkshopError(f"{path} has no RECIPE = Recipe(...).")
    return recipe
