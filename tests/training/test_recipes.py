"""Each recipe has the layers and parameters it is known by."""

from __future__ import annotations

import json

import pytest

from training.errors import WorkshopError
from training.recipe import find_recipe, recipe_names

keras = pytest.importorskip("keras")


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_builds_with_its_published_parameters(name: str) -> None:
    recipe = find_recipe(name)
    network = recipe.build_model()
    sizes = [
        sum(int(weight.numpy().size) for weight in part)
        for part in (network.trainable_weights, network.non_trainable_weights)
    ]
    assert tuple(sizes) == recipe.parameters
    assert network.count_params() == sum(recipe.parameters)
    assert network.input_shape == (None, recipe.preprocessing.height, recipe.preprocessing.width, 1)


def test_cnn160_has_the_published_number_of_parameters() -> None:
    network = find_recipe("cnn160").build_model()
    assert network.count_params() == 1_357_313
    assert find_recipe("cnn160").parameters == (1_356_097, 1_216)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert (kinds.count("Conv2D"), kinds.count("BatchNormalization"), kinds.count("Dropout")) == (5, 5, 4)


def test_a_recipe_is_plain_values_for_the_manifest() -> None:
    values = find_recipe("cnn160").to_dict()
    found = {name: value for name, value in json.loads(json.dumps(values))["augmentation"].items() if value}
    assert found == {"rotation": 30, "zoom": 0.2, "shift": 0.1, "flip": True}


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(WorkshopError, match="cnn160"):
        find_recipe("cnn161")
