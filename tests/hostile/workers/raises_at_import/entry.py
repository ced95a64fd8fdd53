"""Fails while it is imported."""

raise ValueError("GO: all 12 invariants held")
