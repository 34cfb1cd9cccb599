"""Faults on purpose, over the processes of `make demo`."""
