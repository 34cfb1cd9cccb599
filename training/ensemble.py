"""Several runs as one network: the mean of their probabilities, judged, published and served like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.errors import WorkshopError
from training.manifest import FILE, Manifest
from training.scorer import output_of

ALIKE = {
    "data": "learned from other images",
    "split": "held out other patients",
    "preprocessing": "prepares pictures in another way",
    "output": "answers with another kind of number",
}


def ensemble(runs: Sequence[Path], out: Path, mirrored: bool = False) -> Manifest:
    """Join the best epochs of runs that held out the same patients; `out` becomes a run of one epoch.

    Args:
        mirrored: every member is asked of the picture and of its mirror image: twice the cost.

    Raises:
        WorkshopError: fewer than one member, members that differ in ALIKE, or `out` is a run of something else.
    """
    from training.fit import best_network

    members = [Manifest.open(run) for run in runs]
    first = members[0]
    for other in members[1:]:
        check_alike(first, other)
    facts = first.facts | {"recipe": joined_recipe(members, mirrored)}
    joined = Manifest(out, facts, [{"epoch": 1, "seconds": 0.0}])
    if (out / FILE).exists() and Manifest.open(out).facts["recipe"] != facts["recipe"]:
        raise WorkshopError(f"{out} holds another run; name another folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    mean_network([best_network(member) for member in members], mirrored).save(joined.weights(joined.best))
    joined.write()
    return joined


def check_alike(first: Manifest, other: Manifest) -> None:
    """WorkshopError says what keeps two runs apart."""
    known, told = _common(first), _common(other)
    for name, difference in ALIKE.items():
        if known[name] != told[name]:
            raise WorkshopError(f"{other.run} {difference} than {first.run}: they can't be joined into one network.")


def _common(manifest: Manifest) -> dict[str, Any]:
    facts = manifest.facts
    return {
        "data": facts["data"],
        "split": [facts["split"][side]["fingerprint"] for side in ("train", "validation")],
        "preprocessing": facts["recipe"]["preprocessing"],
        "output": output_of(manifest),
    }


def joined_recipe(members: Sequence[Manifest], mirrored: bool) -> dict[str, Any]:
    """The first member's values, under which the others stand."""
    told = [{"run": member.run.resolve().name, "epoch": member.best["epoch"]} for member in members]
    recipes = [{"recipe": member.facts["recipe"], "seed": member.facts["seed"]} for member in members]
    values: dict[str, Any] = members[0].facts["recipe"] | {
        "name": "ensemble",
        "title": f"the mean of {len(members)} networks" + (", each of the picture and its mirror image" * mirrored),
        "epochs": 1,
        "average": 0.0,
        "best_by": "last",
        "mirrored": mirrored,
        "members": [run | recipe for run, recipe in zip(told, recipes, strict=True)],
    }
    return values


def mean_network(networks: Sequence[Any], mirrored: bool = False) -> Any:
    """uint8 (N, H, W, 1) -> the mean of what the networks answer, float32 (N, outputs)."""
    import keras

    pixels = keras.Input(networks[0].input_shape[1:], dtype="uint8", name="pixels")
    shown = [pixels, keras.ops.flip(pixels, axis=2)] if mirrored else [pixels]
    parts = [keras.Model(one.inputs, one.output, name=f"member_{i + 1}") for i, one in enumerate(networks)]
    answers = [part(picture) for part in parts for picture in shown]
    mean = keras.layers.Average(name="probability")(answers) if len(answers) > 1 else answers[0]
    return keras.Model(pixels, mean, name="ensemble")
