"""The same network by LiteRT with XNNPACK, for pictures that come alone: TensorFlow's cost per call is gone.

TensorFlow brings LiteRT along and is handed in by inference.runtime. Where a network can't be converted, or LiteRT says
something else, TensorFlow answers everything.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.lean import give_memory_back

log = logging.getLogger(__name__)
EQUAL = 1e-4
"""LiteRT serves only where no number differs by more from TensorFlow's."""
Call = Callable[[np.ndarray], list[np.ndarray]]
"""uint8 (N, H, W, 1) -> the arrays that the function gives, N rows each."""


def lite_calls(tensorflow: Any, function: Any, probes: Sequence[np.ndarray]) -> dict[int, Call]:
    """A call for each batch size, by size; empty where LiteRT can't do it or says something else.

    Args:
        function: a concrete function without variables; what it gives is compared.
        probes: one batch for each wanted size, uint8 (size, H, W, 1).
    """
    try:
        with _silent():
            content = tensorflow.lite.TFLiteConverter.from_concrete_functions([function]).convert()
            calls = {len(batch): _call(tensorflow, content, batch.shape) for batch in probes}
            difference = max(_difference(calls[len(batch)], function, batch, tensorflow) for batch in probes)
    except Exception as error:  # noqa: BLE001 whatever it is that LiteRT lacks, TensorFlow has it
        log.info("LiteRT can't run this network (%s); TensorFlow answers alone", type(error).__name__)
        return {}
    finally:
        give_memory_back()  # the converter takes 250 MB
    if not difference <= EQUAL:
        log.warning("LiteRT is not used: a number differs by %.5f", difference)
        return {}
    return calls


def _call(tensorflow: Any, content: bytes, shape: tuple[int, ...]) -> Call:
    threads = len(os.sched_getaffinity(0))
    interpreter = tensorflow.lite.Interpreter(model_content=content, num_threads=threads)
    (entry,) = (detail["index"] for detail in interpreter.get_input_details())
    interpreter.resize_tensor_input(entry, shape)
    interpreter.allocate_tensors()
    answers = [detail["index"] for detail in interpreter.get_output_details()]
    one_at_a_time = threading.Lock()

    def call(batch: np.ndarray) -> list[np.ndarray]:
        with one_at_a_time:
            interpreter.set_tensor(entry, batch)
            interpreter.invoke()
            return [interpreter.get_tensor(answer) for answer in answers]

    return call


def _difference(call: Call, function: Any, batch: np.ndarray, tensorflow: Any) -> float:
    expected, found = [part.numpy() for part in function(tensorflow.constant(batch))], call(batch)
    if [part.shape for part in found] != [part.shape for part in expected]:
        return float("inf")
    return max(float(np.abs(one - other).max()) for one, other in zip(found, expected, strict=True))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing goes to standard error meanwhile: converter and runtime write there past every setting."""
    chatter = logging.getLogger("absl")
    kept, chatter.disabled = os.dup(2), True
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it will live in a package of its own one day
            yield
    finally:
        chatter.disabled = False
        os.dup2(kept, 2)
        os.close(kept)
