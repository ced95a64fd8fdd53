"""Copies of a namespace: taken, exported, kept and compared."""
