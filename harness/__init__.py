"""harness: rehearses migrations, searches for what breaks them, and says go or no-go.

What somebody needs who declares a migration of their own, or brings one with a simulation and a command of
its own, is here; it is imported when it is first asked for, so that the program can hear a signal before
anything else is loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.actors.actor import Sender
    from harness.actors.operator import SETTLE_SECONDS
    from harness.command import CannotStart, Command
    from harness.conditions import COLOS, CONDITIONS, JUDGE, Conditions, conditions_of
    from harness.decision import Decision, Looked
    from harness.engine.chance import Chance
    from harness.engine.clock import LoopClock
    from harness.engine.loop import Deadlock, SimulatedLoop, in_virtual_time
    from harness.engine.network import Network
    from harness.engine.site import WAY_MS, Site
    from harness.lines import command_line, text_of
    from harness.migration import Entry, Migration, MigrationError, Stage
    from harness.model.history import History
    from harness.model.record import Call, Kind, Role
    from harness.moment import elapsed
    from harness.output import TIMEOUT_SECONDS, Output, Plan, Report
    from harness.parameters import Choice, Count, Number, ParameterError, Several
    from harness.source import Source, open_source
    from harness.system.code import WorkerCode
    from harness.verdict import Finding, Moment, Verdict, finding

_FROM = {
    "actors.actor": ("Sender",),
    "actors.operator": ("SETTLE_SECONDS",),
    "command": (
        "CannotStart",
        "Command",
    ),
    "conditions": (
        "COLOS",
        "CONDITIONS",
        "Conditions",
        "JUDGE",
        "conditions_of",
    ),
    "decision": (
        "Decision",
        "Looked",
    ),
    "engine.chance": ("Chance",),
    "engine.clock": ("LoopClock",),
    "engine.loop": (
        "Deadlock",
        "SimulatedLoop",
        "in_virtual_time",
    ),
    "engine.network": ("Network",),
    "engine.site": (
        "WAY_MS",
        "Site",
    ),
    "lines": (
        "command_line",
        "text_of",
    ),
    "migration": (
        "Entry",
        "Migration",
        "MigrationError",
        "Stage",
    ),
    "model.history": ("History",),
    "model.record": (
        "Call",
        "Kind",
        "Role",
    ),
    "moment": ("elapsed",),
    "output": (
        "TIMEOUT_SECONDS",
        "Output",
        "Plan",
        "Report",
    ),
    "parameters": (
        "Choice",
        "Count",
        "Number",
        "ParameterError",
        "Several",
    ),
    "source": (
        "Source",
        "open_source",
    ),
    "system.code": ("WorkerCode",),
    "verdict": (
        "Finding",
        "Moment",
        "Verdict",
        "finding",
    ),
}
_MODULES = {name: f"harness.{module}" for module, names in _FROM.items() for name in names}

__all__ = [
    "COLOS",
    "CONDITIONS",
    "JUDGE",
    "SETTLE_SECONDS",
    "TIMEOUT_SECONDS",
    "WAY_MS",
    "Call",
    "CannotStart",
    "Chance",
    "Choice",
    "Command",
    "Conditions",
    "Count",
    "Deadlock",
    "Decision",
    "Entry",
    "Finding",
    "History",
    "Kind",
    "Looked",
    "LoopClock",
    "Migration",
    "MigrationError",
    "Moment",
    "Network",
    "Number",
    "Output",
    "ParameterError",
    "Plan",
    "Report",
    "Role",
    "Sender",
    "Several",
    "SimulatedLoop",
    "Site",
    "Source",
    "Stage",
    "Verdict",
    "WorkerCode",
    "command_line",
    "conditions_of",
    "elapsed",
    "finding",
    "in_virtual_time",
    "open_source",
    "text_of",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
