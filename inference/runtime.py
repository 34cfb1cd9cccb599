"""A bundle becomes a function from pictures to probabilities. The only file that imports TensorFlow for serving."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before the import: its start-up chatter tells a person nothing
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf

from inference.bundle import Bundle, Output
from inference.errors import BundleRejected, OutputRejected
from inference.saliency import Evidence

BATCH_SIZES = (1, 4, 8, 16, 32)
"""Pictures are padded to the next of these, so that no new shape is ever traced while somebody waits."""
SUM_TOLERANCE = 1e-3


class Network:
    """One loaded and warmed-up model on one device.

    Attributes:
        classes: the order of the columns that `predict` gives.
        shape: (height, width, 1) of one input. max_batch: most pictures in one call.
    """

    def __init__(self, bundle: Bundle, model: keras.Model, device: str) -> None:
        self.bundle = bundle
        self.classes = bundle.classes
        self.shape = (bundle.preprocessing.height, bundle.preprocessing.width, 1)
        self.max_batch = BATCH_SIZES[-1]
        self.device = device
        self._model = model
        self._call = tf.function(
            lambda batch: model(batch, training=False),
            input_signature=[tf.TensorSpec((None, *self.shape), tf.uint8)],
            jit_compile=False,  # on a CPU it is slower at every batch size and compiles a second per shape
        )

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1), N at most `max_batch` -> probabilities float32 (N, len(classes)).

        Raises:
            OutputRejected: the answer is not finite, not in [0, 1], or the rows do not sum to 1.
        """
        padded = np.zeros((_padded_size(len(batch)), *self.shape), np.uint8)
        padded[: len(batch)] = batch
        with tf.device(self.device):
            raw = self._call(padded).numpy()[: len(batch)]
        return self._checked(raw, len(batch))

    def _checked(self, raw: np.ndarray, count: int) -> np.ndarray:
        if raw.shape != (count, self.bundle.output.width(self.classes)):
            raise OutputRejected("output_rejected", found=f"shape {raw.shape}")
        if not (np.isfinite(raw).all() and (raw >= 0).all() and (raw <= 1).all()):
            raise OutputRejected("output_rejected", found="a number outside 0 to 1")
        probabilities = self.bundle.per_class(raw)
        if np.abs(probabilities.sum(axis=1) - 1).max(initial=0) > SUM_TOLERANCE:
            raise OutputRejected("output_rejected", found="probabilities that do not sum to 1")
        return probabilities

    def evidence(self, array: np.ndarray, name: str) -> Evidence | None:
        """Feature maps of one uint8 (H, W, 1) picture and their gradient for a class; for inference.saliency."""
        with tf.device(self.device):
            return class_evidence(self._model, self.bundle.output, self.classes, array, name)

    def warm_up(self) -> None:
        """Answer once at every batch size, so that the first person waits no longer than the next."""
        for size in BATCH_SIZES:
            self.predict(np.zeros((size, *self.shape), np.uint8))


def class_evidence(
    model: keras.Model, output: Output, classes: tuple[str, ...], array: np.ndarray, name: str
) -> Evidence | None:
    """The last feature maps of one uint8 (H, W, 1) picture, and the gradient of the class's score before its sigmoid
    or softmax by them, float32 (h, w, maps) each; None where the network ends otherwise or keeps no feature maps."""
    last = model.layers[-1]
    maps = [layer for layer in model.layers if _keeps_places(layer)]
    if not maps or not isinstance(last, keras.layers.Dense):
        return None
    try:
        front, head = keras.Model(model.inputs[0], maps[-1].output), keras.Model(maps[-1].output, last.input)
    except ValueError:  # a way around the maps: no network can be cut there
        return None
    features = tf.cast(front(array[np.newaxis], training=False), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(features)
        summary = tf.cast(head(features, training=False), tf.float32)
        score = tf.linalg.matmul(summary, tf.cast(last.kernel, tf.float32)) @ _direction(output, classes, name)
    return features.numpy()[0], tape.gradient(score, features).numpy()[0]


def _keeps_places(layer: keras.Layer) -> bool:
    """Whether its answer is feature maps of more than one place."""
    shape: tuple[int | None, ...] = getattr(getattr(layer, "output", None), "shape", ())
    return len(shape) == 4 and min(side or 0 for side in shape[1:3]) > 1


def _direction(output: Output, classes: tuple[str, ...], name: str) -> tf.Tensor:
    """Which way of the network's numbers speaks for the class."""
    if output.kind == "sigmoid":
        return tf.constant([[1.0 if name == output.of else -1.0]])
    return tf.constant([[float(name == other)] for other in classes])


def _padded_size(count: int) -> int:
    return next(size for size in BATCH_SIZES if size >= count)


def load_network(bundle: Bundle, device: str = "auto", threads: int = 0) -> Network:
    """Verify the bundle once more, load its network and warm it up.

    Args:
        device: "cpu", "gpu" (the first one), or "auto": a GPU where there is one.
        threads: how many CPU threads TensorFlow may use; 0: its own choice. The first call of a process decides.
    Raises:
        BundleRejected: a file changed since the bundle was opened, or the network does not fit what bundle.json says.
        OutputRejected: it answers with something that is no probability.
    """
    place = _prepared_device(device, threads)
    if Bundle.open(bundle.directory).sha256 != bundle.sha256:
        raise BundleRejected("bundle_altered", file=bundle.network_path.name)
    with tf.device(place):
        network = Network(bundle, _loaded_model(bundle), place)
    network.warm_up()
    return network


def _prepared_device(device: str, threads: int) -> str:
    gpus = tf.config.list_physical_devices("GPU") if device != "cpu" else []
    if device == "gpu" and not gpus:
        raise ValueError("device gpu was asked for, and TensorFlow sees none")
    try:
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)  # or it takes the whole card at the first call
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass  # TensorFlow runs already, with what the first call chose
    return "/GPU:0" if gpus else "/CPU:0"


def _loaded_model(bundle: Bundle) -> keras.Model:
    try:
        model = keras.saving.load_model(bundle.network_path, compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras says of a file whose checksum fits: it is not a network we can serve
        raise BundleRejected("bundle_foreign", file=bundle.network_path.name, field=type(error).__name__) from error
    height, width = bundle.preprocessing.height, bundle.preprocessing.width
    if model.input_shape != (None, height, width, 1) or model.output_shape != (
        None,
        bundle.output.width(bundle.classes),
    ):
        raise BundleRejected("bundle_foreign", file=bundle.network_path.name, field="shape")
    return model
