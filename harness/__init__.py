"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own is here; it is imported when it is first asked for,
so that the program can hear a signal before anything else is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.migration import Entry, Migration, MigrationError, Stage

__all__ = ["Entry", "Migration", "MigrationError", "Stage"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("harness.migration"), name)
