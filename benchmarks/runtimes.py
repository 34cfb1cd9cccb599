"""Other runtimes and compilers for the same network: each is asked only once it was seen to say the same."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

SAME = 1e-4


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def xla_call(network, batch: np.ndarray) -> Callable[[], object]:
    """TensorFlow's just-in-time compilation."""
    import tensorflow as tf

    function = tf.function(lambda pixels: network._model(pixels, training=False), jit_compile=True)
    return same_answers(lambda: function(tf.constant(batch)).numpy(), network, batch, SAME)


def bfloat16_call(network, batch: np.ndarray) -> Callable[[], object]:
    """Sixteen-bit numbers inside, quicker on newer processors; its probabilities differ by more than 1e-4."""
    import tensorflow as tf

    from inference.runtime import _copied

    copy = _copied(network._model, "/CPU:0", "mixed_bfloat16")
    function = tf.function(lambda pixels: copy(pixels, training=False))
    return same_answers(lambda: function(tf.constant(batch)).numpy(), network, batch, 0.05)


def onnx_call(network, batch: np.ndarray) -> Callable[[], object] | None:
    """ONNX Runtime, all cores; None where it and tf2onnx are not installed: nothing but this needs them."""
    try:
        import onnxruntime
        import tf2onnx
    except ImportError:
        return None
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *batch.shape[1:]), tf.uint8, name="pixels")]
    function = tf.function(lambda pixels: network._model(pixels, training=False), input_signature=signature)
    converted, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    session = onnxruntime.InferenceSession(converted.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return same_answers(lambda: session.run(None, {"pixels": batch})[0], network, batch, SAME)


def same_answers(call: Callable[[], np.ndarray], network, batch: np.ndarray, within: float) -> Callable[[], object]:
    """The call itself, once it was seen to say what the network says.

    Raises:
        ValueError: it says something else by more than `within`.
    """
    difference = np.abs(call() - network._model.predict(batch, verbose=0)).max()
    if not difference <= within:
        raise ValueError(f"a probability differs by {difference}")
    return call


def litert_call(network, batch: np.ndarray) -> Callable[[], object]:
    """The same weights converted, all cores; TensorFlow brings the runtime along."""
    import tensorflow as tf

    from inference.lite import lite_calls

    call = lite_calls(tf, network.ladder.way.compiled, [batch])[len(batch)]
    return same_answers(lambda: call(batch)[0], network, batch, SAME)


OTHERS = {
    "LiteRT with XNNPACK": litert_call,
    "ONNX Runtime": onnx_call,
    "XLA": xla_call,
    "bfloat16": bfloat16_call,
}
