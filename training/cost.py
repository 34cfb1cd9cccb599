"""What one answer costs: how many networks a picture passes, and the arithmetic of all of them beside that of one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def cost_of(network: Any, recipe: Mapping[str, Any]) -> dict[str, float]:
    """The cost of one picture, as bundle.json holds it.

    Args:
        network: what is served. recipe: the values that it was made by; those of an ensemble name its members.

    Returns:
        networks: how many different ones answer. passes: how often a picture, or its mirror image, goes through one.
        multiply_adds: of all passes, for one picture. times_one: these, divided by those of the largest network once.
    """
    members = _members(network, recipe)
    total = sum(passes * count for passes, count in members)
    return {
        "networks": len(members),
        "passes": sum(passes for passes, _ in members),
        "multiply_adds": total,
        "times_one": round(total / max(count for _, count in members), 2),
    }


def _members(network: Any, recipe: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Of every network that is no mean of others: how often it is asked, and its multiply-adds for one picture."""
    if "members" not in recipe:
        return [(1, multiply_adds(network))]
    times = 2 if recipe.get("mirrored") else 1
    parts = [
        _members(network.get_layer(f"member_{place}"), member["recipe"])
        for place, member in enumerate(recipe["members"], 1)
    ]
    return [(times * passes, count) for part in parts for passes, count in part]


def multiply_adds(network: Any) -> int:
    """Of the convolutions and dense layers of a Keras network for one picture; each layer is taken once."""
    import keras

    return sum(multiply_adds(layer) if isinstance(layer, keras.Model) else _of_layer(layer) for layer in network.layers)


def _of_layer(layer: Any) -> int:
    # A kernel is applied at every place of the output; its own shape knows of channels and groups.
    kernels = [weight for weight in layer.weights if "kernel" in weight.name]
    return sum(math.prod(kernel.shape) * math.prod(layer.output.shape[1:-1]) for kernel in kernels)


def told_cost(cost: Mapping[str, float]) -> str:
    """As the card says it."""
    work = f"{cost['multiply_adds']:,} multiply-adds"
    counted = "Counted are convolutions and dense layers, when the bundle was made; time was not measured."
    if cost["passes"] == 1:
        return f"A picture passes one network: {work}. {counted}"
    several = "one network" if cost["networks"] == 1 else f"{cost['networks']} networks"
    mirrored = f", as it is and mirrored, {cost['passes']} times in all"
    return (
        f"A picture passes {several}{mirrored * (cost['passes'] > cost['networks'])}: {work} together, "
        f"{cost['times_one']} times those of its largest network alone. {counted}"
    )
