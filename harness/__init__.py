"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own, or brings a command of their own, is here; it is
imported when it is first asked for, so that the program can hear a signal before anything else is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.actors.actor import Sender
    from harness.command import CannotStart, Command
    from harness.lines import command_line
    from harness.migration import Entry, Migration, MigrationError, Stage
    from harness.model.record import Call, Role
    from harness.output import Output, Plan, Report

_FROM = {
    "actors.actor": ("Sender",),
    "command": ("CannotStart", "Command"),
    "lines": ("command_line",),
    "migration": ("Entry", "Migration", "MigrationError", "Stage"),
    "model.record": ("Call", "Role"),
    "output": ("Output", "Plan", "Report"),
}
_MODULES = {name: module for module, names in _FROM.items() for name in names}

__all__ = [
    "Call",
    "CannotStart",
    "Command",
    "Entry",
    "Migration",
    "MigrationError",
    "Output",
    "Plan",
    "Report",
    "Role",
    "Sender",
    "Stage",
    "command_line",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"harness.{_MODULES[name]}"), name)
