"""The migration of the queue guide: one pending array becomes one key for each task."""
