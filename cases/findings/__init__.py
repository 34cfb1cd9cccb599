"""Findings of a reading: what, on which side, in which zone, each a code of the administrators' list."""
