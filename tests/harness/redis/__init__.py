"""Keyspaces that are moved by a plan in a file."""
