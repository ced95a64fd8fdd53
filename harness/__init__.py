"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own:
"""

from harness.migration import Entry, Migration, MigrationError, Stage

__all__ = ["Entry", "Migration", "MigrationError", "Stage"]
