"""What a server never uses is not loaded with TensorFlow, and the start is not spent on looking for garbage."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import pytest

from benchmarks.anonymous_memory import anonymous_kilobytes
from inference.lean import give_memory_back, left_out, unswept


def test_a_module_that_is_left_out_is_not_found_inside_and_found_after() -> None:
    sys.modules.pop("wave", None)
    with left_out("wave"), pytest.raises(ImportError):
        import wave
    import wave

    assert wave.__name__ == "wave"


def test_a_module_that_is_loaded_already_stays() -> None:
    with left_out("sys", "subprocess"):
        import subprocess as again
    assert again is subprocess
    assert sys.modules["subprocess"] is subprocess


def test_garbage_is_looked_for_again_afterwards_whatever_happened() -> None:
    def fail() -> None:
        with unswept():
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled()


def test_what_was_only_needed_inside_is_gone_afterwards() -> None:
    class Ring:
        """Refers to itself."""

    with unswept():
        ring = Ring()
        ring.itself = ring
        seen = weakref.ref(ring)
        del ring
        assert seen() is not None
    assert seen() is None


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_what_is_free_goes_back_to_the_system() -> None:
    blocks = [bytearray(5_000) for _ in range(40_000)]
    last = bytearray(5_000)  # the C library gives back by itself only what lies behind the last block in use
    full = anonymous_kilobytes(os.getpid())
    blocks.clear()
    give_memory_back()
    assert anonymous_kilobytes(os.getpid()) < full - 150_000
    assert len(last) == 5_000


def test_serving_loads_no_plots_no_tables_and_no_other_backend() -> None:
    pytest.importorskip("inference.runtime", reason="TensorFlow is not installed")
    script = "import sys, inference.runtime; print(*{'matplotlib', 'pandas', 'jax'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""
