"""A quicker start: what TensorFlow and Keras would import and a server never uses is left out, and nothing is swept."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Inside, modules of these names are not found, as where they are not installed; what is loaded already stays."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: documented to be an ImportError
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)


@contextmanager
def unswept() -> Iterator[None]:
    """Inside, no garbage is looked for; what was made there is never looked through again.

    A model is some millions of objects that stay as long as the process: to walk through them again and again takes a
    tenth of the start, and a third of a second now and then while somebody waits. They are walked through once, at the
    end: what was only needed on the way, a quarter of it all, would stay as well.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        give_memory_back()
        gc.freeze()
        gc.enable()


def sweep_all() -> None:
    """Look through everything once, what `unswept` left out too: for after a model was let go of."""
    gc.unfreeze()
    gc.collect()
    give_memory_back()
    gc.freeze()


def give_memory_back() -> None:
    """What is free again goes to the system at once; the C library would keep it. Where there is no glibc, nothing."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
