"""A network made ready to learn."""

from __future__ import annotations

from typing import Any

from training.recipe import Recipe


def compile_network(network: Any, recipe: Recipe, optimizer: Any = None) -> None:
    """Ready to learn: the recipe's optimizer at its first rate (or the given one), and the loss of its output."""
    import keras

    network.compile(
        optimizer=optimizer or new_optimizer(recipe),
        loss="binary_crossentropy" if recipe.output == "sigmoid" else "categorical_crossentropy",
        metrics=["accuracy"],
        # On a CPU, TensorFlow's just-in-time compilation made a step ten times slower; JAX cannot do without.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )


def new_optimizer(recipe: Recipe) -> Any:
    """The recipe's optimizer at its first rate."""
    import keras

    config: dict[str, Any] = {"learning_rate": recipe.learning_rate}
    if recipe.weight_decay:
        config["weight_decay"] = recipe.weight_decay
    return keras.optimizers.get({"class_name": recipe.optimizer, "config": config})
