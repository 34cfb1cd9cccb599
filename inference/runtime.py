"""A bundle becomes a function from pictures to probabilities. The only file that imports TensorFlow for serving."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before the import: its start-up chatter tells a person nothing
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np

from inference.lean import left_out

# Used by neither for what is done here, and a third of their time: plots, tables, another backend.
with left_out("matplotlib", "pandas", *(["jax"] if os.environ["KERAS_BACKEND"] == "tensorflow" else [])):
    import keras
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inference.bundle import Bundle, Output
from inference.devices import CPU, Ladder, Way, first_equal, prepare_device, probe_pictures, with_policy
from inference.embedding import FEWEST, embed
from inference.errors import BundleRejected
from inference.lite import lite_calls
from inference.outputs import check_numbers, check_probabilities
from inference.saliency import Evidence

BATCH_SIZES = (1, 2, 4, 8, 16, 32)
"""Pictures are padded to the next of these, so that no new shape is ever traced while somebody waits."""
ALONE = (1, 2, 4)
"""The batch sizes at which LiteRT is quicker than TensorFlow (docs/benchmarks.md)."""


class Network:
    """One loaded and warmed-up model on one device.

    Attributes:
        classes: the order of the columns that `predict` gives.
        shape: (height, width, 1) of one input. max_batch: most pictures in one call.
        ladder: the ways to the network's numbers, and what is done when a device's memory runs out.
    """

    def __init__(self, bundle: Bundle, model: keras.Model, device: str = CPU, *, lite: bool = False) -> None:
        self.bundle = bundle
        self.classes = bundle.classes
        self.shape = (bundle.preprocessing.height, bundle.preprocessing.width, 1)
        self.max_batch = BATCH_SIZES[-1]
        self._model = model
        self._width = bundle.output.width(bundle.classes)
        plain = _way("CPU", model, CPU, lite=lite and device == CPU)
        makers = _gpu_ways(model, device) if device != CPU else []
        faster = first_equal(
            makers, plain, probe_pictures(self.shape), lambda raw: bundle.per_class(self._split(raw)[0])
        )
        self.ladder = Ladder([way for way in (faster, plain) if way], BATCH_SIZES)

    @property
    def device(self) -> str:
        """What answers now, in words."""
        return self.ladder.way.name

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """uint8 (N, H, W, 1), N at most `max_batch` -> probabilities float32 (N, len(classes)).

        Raises:
            OutputRejected: the answer is not finite, not in [0, 1], or the rows do not sum to 1.
        """
        return self._checked(self._split(self.ladder(batch))[0], len(batch))

    def predict_and_embed(self, batch: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        """As predict, and by the same pass what the network saw in each picture (inference.embedding), N of them."""
        numbers, features = self._split(self.ladder(batch))
        return self._checked(numbers, len(batch)), embed(features)

    def _split(self, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What `_way` joined: the network's own numbers, and the features behind them."""
        return raw[:, : self._width], raw[:, self._width :]

    def _checked(self, numbers: np.ndarray, count: int) -> np.ndarray:
        check_numbers(numbers, (count, self._width))
        probabilities = self.bundle.per_class(numbers)
        check_probabilities(probabilities, (count, len(self.classes)))
        return probabilities

    def evidence(self, array: np.ndarray, name: str) -> Evidence | None:
        """Feature maps of one uint8 (H, W, 1) picture and their gradient for a class; for inference.saliency."""
        with tf.device(CPU):  # one picture now and then; a GPU's memory is for those that wait
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


def _way(name: str, model: keras.Model, device: str, *, lite: bool = False) -> Way:
    """The compiled function of a model whose weights lie on the device; one trace serves every batch size.

    On a CPU the weights are constants of the function, which TensorFlow folds where it can: a quarter less work for one
    picture of the model that ships (docs/benchmarks.md). `ask` gives the network's numbers and, beside them, its
    features where it tells them, each network's of length 1.
    """
    told = with_features(model)
    call = tf.function(
        lambda batch: _unit_features(tf.nest.flatten(told(batch, training=False))),
        input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)],
        autograph=False,  # Keras' own layers have no Python branches on values; 0.4 s less at the start
        jit_compile=False,  # on a CPU it is slower at every batch size and compiles a second per shape
    ).get_concrete_function()
    if device == CPU:
        call = convert_variables_to_constants_v2(call)
    probes = probe_pictures(model.input_shape[1:], ALONE[-1] + 4)[2:]
    quick = lite_calls(tf, call, [probes[:size] for size in ALONE]) if lite else {}

    def by_tensorflow(batch: np.ndarray) -> list[np.ndarray]:
        with tf.device(device):
            return [answer.numpy() for answer in call(tf.constant(batch))]

    def ask(batch: np.ndarray) -> np.ndarray:
        numbers, *features = quick.get(len(batch), by_tensorflow)(batch)
        beside = [part for part in features if len(part) == len(numbers)]  # else the numbers alone are refused
        joined: np.ndarray = np.concatenate([numbers, *beside], axis=1) if beside else numbers
        return joined

    return Way(f"{name}, LiteRT for lone pictures" if quick else name, ask, call)


def _unit_features(answers: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    numbers, *features = (tf.cast(answer, tf.float32) for answer in answers)
    return [numbers, *(tf.math.l2_normalize(part, axis=1) for part in features)]


def with_features(model: keras.Model) -> keras.Model:
    """The same network, which answers with a list: its numbers, then the input of its last weights, float (N, F).

    Of a mean of networks these are the inputs of each; of one that ends otherwise, or in fewer than FEWEST, none.
    """
    answer, features = _told(model.outputs[0])
    return keras.Model(model.inputs[0], [answer, *features])


def _told(answer: Any) -> tuple[Any, list[Any]]:
    """A symbolic answer and the features behind it, by the same operations on the same inputs."""
    operation, node, _ = answer._keras_history
    before = operation._inbound_nodes[node].input_tensors
    if isinstance(operation, keras.layers.Average):
        numbers, features = zip(*map(_told, before), strict=True)
        mean = type(operation).from_config(operation.get_config())(list(numbers))
        return mean, [part for parts in features for part in parts]
    if isinstance(operation, keras.Model):
        numbers, *inside = tf.nest.flatten(with_features(operation)(before[0]))
        return numbers, inside
    return answer, _last_inputs(answer)


def _last_inputs(answer: Any) -> list[Any]:
    """What the last weights on the way to an answer are applied to; empty where that is no row of features."""
    operation, node, _ = answer._keras_history
    before = operation._inbound_nodes[node].input_tensors
    if len(before) != 1:
        return []
    if not getattr(operation, "weights", []):
        return _last_inputs(before[0])
    shape = before[0].shape
    return before if len(shape) == 2 and (shape[1] or 0) >= FEWEST else []


def _gpu_ways(model: keras.Model, device: str) -> list[Callable[[], Way]]:
    """From the fastest to the plainest: 16-bit numbers inside, TensorFloat-32, float32 throughout."""

    def half() -> Way:
        return _way("GPU, mixed precision", _copied(model, device, "mixed_float16"), device)

    def fast() -> Way:
        return _way("GPU", _copied(model, device, "float32"), device)

    def exact() -> Way:
        tf.config.experimental.enable_tensor_float_32_execution(False)
        return _way("GPU, float32", _copied(model, device, "float32"), device)

    return [half, fast, exact]


def _copied(model: keras.Model, device: str, policy: str) -> keras.Model:
    """The same network with its weights on a device, computing by a Keras dtype policy."""
    with tf.device(device):
        copy = model.__class__.from_config(with_policy(model.get_config(), policy))
        copy.set_weights(model.get_weights())
    return copy


def load_network(bundle: Bundle, device: str = "auto", threads: int = 0, *, lite: bool = False) -> Network:
    """Verify the bundle once more, load its network and warm it up.

    Args:
        device: "cpu", "gpu" (the first one), or "auto": a GPU where there is one.
        threads: how many CPU threads TensorFlow may use; 0: its own choice. The first call of a process decides.
        lite: LiteRT answers the few pictures that come alone, on the CPU; takes a second to load, for one who stays.
    Raises:
        BundleRejected: a file changed since the bundle was opened, or the network does not fit what bundle.json says.
        OutputRejected: it answers with something that is no probability.
    """
    place = prepare_device(tf, device, threads)
    if Bundle.open(bundle.directory).sha256 != bundle.sha256:
        raise BundleRejected("bundle_altered", file=bundle.network_path.name)
    with tf.device(CPU):  # where the last resort lies; a GPU gets a copy
        model = _loaded_model(bundle)
    network = Network(bundle, model, place, lite=lite)
    network.warm_up()
    return network


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
