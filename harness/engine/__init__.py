"""Runs one simulation of a declared migration, from its beginning to its end."""
