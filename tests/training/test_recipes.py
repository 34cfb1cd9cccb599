"""Each recipe has the layers and parameters it is known by."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.training.drawn_data import draw_data_set
from training.__main__ import main
from training.errors import WorkshopError
from training.recipe import Recipe, find_recipe, recipe_names
from training.settings import with_settings

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


PUBLISHED = {
    "cnn160": (2, 1_357_313),
    "sepconv224": (2, 6_642_594),
    "tutorial180": (5, 3_989_285),
    "cells32": (2, 758_401),
    "vgg16_transfer": (3, 14_714_688 + 25_088 * 3 + 3),
}


def without_download(recipe: Recipe) -> Recipe:
    return with_settings(recipe, ["network.weights=random"] if "weights" in recipe.network else [])


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_builds_with_its_published_parameters(name: str) -> None:
    recipe = find_recipe(name)
    network = without_download(recipe).build_model(**without_download(recipe).network)
    sizes = [
        sum(int(weight.numpy().size) for weight in part)
        for part in (network.trainable_weights, network.non_trainable_weights)
    ]
    assert tuple(sizes) == recipe.parameters
    assert network.count_params() == sum(recipe.parameters)
    assert network.input_shape == (None, recipe.preprocessing.height, recipe.preprocessing.width, 1)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_five_networks_have_the_published_number_of_parameters(name: str) -> None:
    classes, parameters = PUBLISHED[name]
    network = without_download(find_recipe(name)).new_network(tuple("ABCDE"[:classes]))
    assert network.count_params() == parameters
    pictures = np.zeros((2, *network.input_shape[1:]), np.uint8)
    answers = np.asarray(network(pictures))
    assert answers.shape == (2, classes if find_recipe(name).output == "softmax" else 1)
    assert ((answers >= 0) & (answers <= 1)).all()


def test_cnn160_has_the_published_layers() -> None:
    kinds = [type(layer).__name__ for layer in find_recipe("cnn160").build_model().layers]
    assert (kinds.count("Conv2D"), kinds.count("BatchNormalization"), kinds.count("Dropout")) == (5, 5, 4)


def test_two_classes_of_a_sigmoid_are_not_three() -> None:
    with pytest.raises(WorkshopError, match="the data has 3"):
        find_recipe("cnn160").new_network(("A", "B", "C"))


def test_a_network_of_another_size_than_the_preprocessing_is_told() -> None:
    with pytest.raises(WorkshopError, match="set both"):
        with_settings(find_recipe("cnn160"), ["preprocessing.height=80"]).new_network(("A", "B"))


def test_a_recipe_is_plain_values_for_the_manifest() -> None:
    values = find_recipe("cnn160").to_dict()
    found = {name: value for name, value in json.loads(json.dumps(values))["augmentation"].items() if value}
    assert found == {"rotation": 30, "zoom": 0.2, "shift": 0.1, "flip": True}


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(WorkshopError, match="cnn160"):
        find_recipe("cnn161")


def test_a_recipe_may_be_a_file_outside_the_package(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import replace\nfrom training.recipe import find_recipe\n"
        "RECIPE = replace(find_recipe('cells32'), name='mine', epochs=2)\n"
    )
    assert (find_recipe(str(file)).name, find_recipe(str(file)).epochs) == ("mine", 2)


@pytest.mark.parametrize(
    ("text", "told"), [(None, "no file"), ("RECIPE = 1", "no RECIPE"), ("1 / 0", "ZeroDivisionError")]
)
def test_a_file_that_is_no_recipe_is_told(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "mine.py"
    if text:
        file.write_text(text)
    with pytest.raises(WorkshopError, match=told):
        find_recipe(str(file))


@pytest.mark.parametrize(
    "name",
    ["cells32", "tutorial180"]
    + [pytest.param(heavy, marks=pytest.mark.long) for heavy in ("cnn160", "sepconv224", "transfer", "vgg16_transfer")],
)
def test_a_recipe_is_trained_for_an_epoch_by_one_command(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = draw_data_set(tmp_path / "images", patients=4, each=1)
    random = ["--set", "network.weights=random"] if "weights" in find_recipe(name).network else []
    command = ["fit", name, str(images), "--out", str(tmp_path / "run"), "--epochs", "1", "--limit", "6", "--json"]
    assert main([*command, *random]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["epoch"] == 1
    assert 0 < found["best"]["validation_loss"] < 50
