"""Networks that were trained before, without their last layer: those of keras.applications, and our own bundles."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from inference.bundle import FACTS, Bundle
from inference.errors import BundleRejected
from training.errors import WorkshopError

OWN_WORDS = ("imagenet", "random")


def is_bundle(name: str) -> bool:
    """Whether the backbone is the folder of a bundle, not a name of keras.applications."""
    return (Path(name) / FACTS).is_file()


def features_of(name: str, weights: str, side: int) -> Any:
    """uint8 (N, side, side, 1) -> float32 features: a network that ends before the last layer with weights.

    Args:
        name: "MobileNetV2" or any other of keras.applications, or the folder of a bundle.
        weights: of a keras.applications network: "imagenet", "random" or a file. A bundle brings its own.

    Raises:
        WorkshopError: no such network, or its weights are not there.
    """
    if is_bundle(name):
        return _features_of_bundle(Path(name))
    import keras
    from keras import layers

    pixels = keras.Input((side, side, 1), dtype="uint8", name="pixels")
    grey = layers.Rescaling(1.0)(pixels)
    colour = layers.Concatenate()([grey, grey, grey])  # what was trained on photographs takes three channels
    build = find_network(name)
    prepared = sys.modules[build.__module__].preprocess_input(colour)  # each was trained on its own range of values
    x = with_weights(build, weights, side)(prepared)
    return keras.Model(pixels, layers.GlobalAveragePooling2D()(x), name="features")


def _features_of_bundle(folder: Path) -> Any:
    import keras

    try:
        bundle = Bundle.open(folder)
        network = keras.saving.load_model(bundle.network_path, compile=False, safe_mode=True)
    except (BundleRejected, ValueError) as error:
        raise WorkshopError(f"The bundle {folder} can't be a backbone: {error}") from error
    return keras.Model(network.input, _features(network), name="features")


def _features(network: Any) -> Any:
    """What comes before the last layer with weights; of a mean of networks, before the last one of each."""
    import keras

    members = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    if not members:
        return [layer for layer in network.layers if layer.weights][-1].input
    before = [keras.Model(member.input, _features(member), name=f"{member.name}_features") for member in members]
    return keras.layers.Concatenate()([features(network.input) for features in before])


def find_network(name: str) -> Any:
    """The function of keras.applications that builds the network of that name."""
    import keras

    build = getattr(keras.applications, name, None)
    if build is None or not callable(build):
        there = sorted(word for word in dir(keras.applications) if word[0].isupper())
        raise WorkshopError(f"{name!r} is neither the folder of a bundle nor one of keras.applications: {there}.")
    return build


def with_weights(build: Any, weights: str, side: int) -> Any:
    """The network without its top: random, Keras' download, or a file of the form that Keras downloads.

    Raises:
        WorkshopError: the weights are not there and can't be fetched, or the file has another form.
    """
    try:
        loaded = weights if weights == "imagenet" else None
        network = build(include_top=False, weights=loaded, input_shape=(side, side, 3))
        if weights not in OWN_WORDS:
            network.load_weights(Path(weights))
    except Exception as error:  # whatever Keras and h5py say of a file that is missing, cut or another network's
        raise WorkshopError(what_to_fetch(build.__name__, weights, str(error))) from error
    return network


def what_to_fetch(name: str, weights: str, said: str) -> str:
    """The sentence for somebody whose weights are not there; the name of the file stands in what Keras said."""
    known = {"VGG16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"}
    found = re.search(r"[\w.-]+\.h5", said) if weights == "imagenet" else None
    file = known.get(name) or (found.group() if found else f"the file of {name} without top (…_notop.h5)")
    return (
        f"The weights {weights!r} of {name} can't be used. Fetch {file} on a machine with internet (Keras keeps it in "
        ".keras/models of the home folder) and either put it into the same folder here, or name it: "
        f"--set network.weights=FILE. Without it: --set network.weights=random. ({said.splitlines()[0][:200]})"
    )
