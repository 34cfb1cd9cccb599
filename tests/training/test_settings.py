"""`--set`: any value of a recipe, and a sentence where it is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.errors import WorkshopError
from training.recipe import find_recipe
from training.settings import setting_names, with_settings

RECIPE = replace(find_recipe("cnn160"), network={"width": 24, "attention": False})


def test_values_of_every_part_keep_their_kind() -> None:
    settings = ["epochs=3", "augmentation.rotation=15", "preprocessing.equalise=histogram", "network.width=8"]
    recipe = with_settings(RECIPE, [*settings, "network.attention=true", "augmentation.flip=false"])
    assert (recipe.epochs, recipe.augmentation.rotation, recipe.preprocessing.equalise) == (3, 15.0, "histogram")
    assert dict(recipe.network) == {"width": 8, "attention": True}
    assert recipe.augmentation.flip is False
    assert RECIPE.network["width"] == 24


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("epochs", "name=value"),
        ("speed=3", "has no value 'speed'.*learning_rate"),
        ("network.depth=3", "has no value 'network.depth'"),
        ("build_model=3", "has no value"),
        ("epochs=many", "epochs is int"),
        ("epochs=0", "epochs is above 0"),
        ("augmentation.flip=maybe", "true or false"),
        ("optimizer=sgdd", "optimizer is one of rmsprop"),
        ("mixup=1.5", "mixup is from 0"),
        ("preprocessing.equalise=clahe", "equalise is one of"),
        ("preprocessing.height=4", "16 to 2048"),
    ],
)
def test_what_is_no_setting_is_told(setting: str, said: str) -> None:
    with pytest.raises(WorkshopError, match=said):
        with_settings(RECIPE, [setting])


def test_names_are_all_there_is_to_set() -> None:
    names = setting_names(RECIPE)
    assert {"batch_size", "augmentation.blur", "preprocessing.height", "network.width"} <= set(names)
    assert not {"parameters", "build_model", "preprocessing.version"} & set(names)
