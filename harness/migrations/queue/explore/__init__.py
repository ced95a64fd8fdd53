"""Searches for what breaks the migration of the queue."""
