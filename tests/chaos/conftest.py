"""The stack of tests/workers, for tests that stop, stall and kill its processes."""

from tests.workers.conftest import full_stack, sender, shipped_model, stack

__all__ = ["full_stack", "sender", "shipped_model", "stack"]
